import { describe, expect, it } from 'vitest';
import { pastedCode, signInView, splitLabel } from '../../../../src/renderer/features/prompts/sign-in-view.ts';
import { codePrompt, signInOf } from '../../../support/renderer/editing-prompts.ts';

describe('a question for secrets', () => {
  it('keeps the last line of a long label as the label, and the lines before for the box', () => {
    expect(splitLabel('Duo login\n\nPasscode (1-2): ')).toEqual({ before: 'Duo login', label: 'Passcode (1-2):' });
    expect(splitLabel('Code: \n')).toEqual({ before: '', label: 'Code:' });
    const fields = [{ label: 'Choose:\n 1. Push\nOption: ', echo: true }];
    const view = signInView(codePrompt({ fields, signIn: signInOf({ serverText: 'Welcome' }) }));
    expect(view).toMatchObject({
      serverSays: 'Welcome\nChoose:\n 1. Push',
      fields: [{ label: 'Option:', echo: true }],
    });
  });

  it('cuts nothing where there are several fields', () => {
    const fields = [
      { label: 'One\ntwo: ', echo: false },
      { label: 'Three: ', echo: true },
    ];
    expect(signInView(codePrompt({ fields })).fields).toBe(fields);
  });

  it('does not take our own words, or the labels again, for those of the server', () => {
    const message = 'Hello\nCode:';
    const fields = [{ label: 'Code:', echo: false }];
    expect(signInView(codePrompt({ signIn: null, message, fields })).serverSays).toBe('Hello');
    expect(signInView(codePrompt({ signIn: null, message: 'Code:', fields })).serverSays).toBe('');
    expect(signInView(codePrompt({ kind: 'passphrase', message: 'Passphrase of id_rsa' })).serverSays).toBe('');
    const ours = codePrompt({
      kind: 'password',
      message: 'Password of me at box',
      signIn: signInOf({ serverText: '' }),
    });
    expect(signInView(ours).serverSays).toBe('');
  });

  it('says how many tries are left only once one was wrong', () => {
    expect(signInView(codePrompt()).triesLeft).toBeNull();
    const again = codePrompt({ round: 3, signIn: signInOf({ triesLeft: 1, refused: 'code' }) });
    expect(signInView(again)).toMatchObject({ triesLeft: 1, refused: 'code' });
  });
});

describe('a pasted code', () => {
  it('loses blanks around it and between its digits, and nothing else', () => {
    expect(pastedCode(' 481 052\n')).toBe('481052');
    expect(pastedCode('481\u00a0052')).toBe('481052');
    expect(pastedCode('\tpush ')).toBe('push');
    expect(pastedCode('GIFT SALT MUG')).toBe('GIFT SALT MUG');
    expect(pastedCode('123-456')).toBe('123-456');
  });
});
