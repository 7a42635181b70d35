import { describe, expect, it } from 'vitest';
import { questionBox } from '../../../../src/main/desktop/question-box.ts';
import { questionsDe } from '../../../../src/shared/i18n/questions-de.ts';
import { questionsEn } from '../../../../src/shared/i18n/questions-en.ts';
import type { HostKeyDetails } from '../../../../src/shared/model/prompt.ts';
import { prompt } from './rows.ts';

const hostKey: HostKeyDetails = {
  keyType: 'ED25519',
  fingerprint: 'SHA256:uNiVztksCsDhcc0u9e8BgrJXVGDvfeuZ1LmPdKxj0Ag',
  randomart: '',
  otherNames: [],
  remoteAddress: null,
  file: '/home/me/.ssh/known_hosts',
};
const question = prompt('1', { kind: 'host-key', fields: [], hostKey });

describe('the message box of a host key', () => {
  it('shows the fingerprint unbroken, and refuses by default and by Esc', () => {
    for (const texts of [questionsEn, questionsDe]) {
      const box = questionBox(texts, question, 'linux');
      expect(box?.detail).toContain(hostKey.fingerprint);
      expect(box?.detail).toContain('203.0.113.7:22');
      expect(box?.answers[box.defaultId]).toBe('no');
      expect(box?.answers[box.cancelId]).toBe('no');
    }
  });

  it('asks in the words of the window, in the order of the system', () => {
    const buttons = (platform: NodeJS.Platform) => questionBox(questionsEn, question, platform)?.buttons;
    expect(questionBox(questionsEn, question, 'linux')?.message).toBe('Is this really bastion-eu?');
    expect(buttons('linux')).toEqual(['Don’t connect', 'Trust this time', 'Trust and remember']);
    expect(buttons('win32')).toEqual(['Trust and remember', 'Trust this time', 'Don’t connect']);
    // From the right on macOS: the safe one stands at the left there.
    expect(buttons('darwin')).toEqual(['Trust and remember', 'Trust this time', 'Don’t connect']);
    for (const platform of ['linux', 'win32', 'darwin'] as const) {
      const box = questionBox(questionsEn, question, platform);
      expect(
        box?.answers.map(
          (answer) => ({ no: 'Don’t connect', once: 'Trust this time', yes: 'Trust and remember' })[answer],
        ),
      ).toEqual(box?.buttons);
    }
  });

  it('tells the warnings of the engine, cleaned', () => {
    const message = 'not known yet\nCompare\nBeware: this key is \u202emarked as revoked.';
    expect(questionBox(questionsEn, { ...question, message }, 'linux')?.detail).toContain(
      'Beware: this key is \\u{202e}marked as revoked.',
    );
  });

  it('is not there when there is no fingerprint to show', () => {
    expect(questionBox(questionsEn, { ...question, hostKey: null }, 'linux')).toBeNull();
    expect(questionBox(questionsEn, { ...question, hostKey: { ...hostKey, fingerprint: ' ' } }, 'linux')).toBeNull();
  });
});

describe('the message box of a confirmation', () => {
  it('stops by default; what has fields is not asked like this', () => {
    const box = questionBox(
      questionsEn,
      prompt('1', { kind: 'confirm', fields: [], message: 'Touch the key' }),
      'win32',
    );
    expect(box).toMatchObject({
      detail: 'Touch the key',
      buttons: ['Go on', 'Stop the login'],
      defaultId: 1,
      cancelId: 1,
    });
    expect(questionBox(questionsEn, prompt('1'), 'linux')).toBeNull();
  });

  it('of a login that is finished elsewhere has the server\u2019s words, cleaned', () => {
    const call = { kind: 'confirm' as const, fields: [], message: '', elsewhere: { serverText: 'Tap\u001b[2J now' } };
    const box = questionBox(questionsEn, prompt('1', call), 'linux');
    expect(box?.message).toBe('bastion-eu waits for you');
    expect(box?.detail).toContain('The server says:\nTap\\033[2J now');
    expect(box?.buttons).toEqual(['Stop the login', 'Go on']);
  });
});
