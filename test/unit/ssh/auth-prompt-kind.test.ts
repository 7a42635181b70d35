import * as fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { requestKind } from '../../../src/main/engine/ssh/auth-prompt-kind.ts';

vi.setConfig({ testTimeout: 60_000 });

const one = (prompt: string, echo = false, instruction = '') => ({
  name: '',
  instruction,
  prompts: [{ prompt, echo }],
});

describe('keyboard-interactive: password or OTP', () => {
  test.each([
    'Password:',
    'password: ',
    '(me@bastion) Password: ',
    '(otp@code-host) Password: ',
    "me@host's password:",
    'Passwort:',
    'Kennwort: ',
    'Mot de passe : ',
    'Contraseña:',
    'Senha:',
    'Wachtwoord:',
    'Lösenord:',
    'Hasło:',
    'Пароль: ',
    '密码：',
    'パスワード:',
    '비밀번호:',
    'Parola:',
    'Κωδικός πρόσβασης:',
    'Password for shipping:',
    '(current) UNIX password: ',
    'LDAP Password:',
    'ＰＡＳＳＷＯＲＤ:',
    'Lo\u0308senord:',
  ])('password: %s', (prompt) => {
    expect(requestKind(one(prompt)).kind).toBe('password');
  });

  test.each([
    'Verification code: ',
    "One-time password (OATH) for `me': ",
    'OTP: ',
    'Password + OTP: ',
    'Enter PASSCODE:',
    'Passcode or option (1-3): ',
    'Einmalpasswort: ',
    'Einmalkennwort:',
    'Mot de passe à usage unique :',
    'Contraseña de un solo uso:',
    'Одноразовый пароль:',
    '一次性密码:',
    'ワンタイムパスワード:',
    "YubiKey for `me': ",
    'Token:',
    'PIN:',
    'Password (6 digit token):',
    'Dynamic password:',
    '',
    ':',
    'Response: ',
    'Duo two-factor login',
    'S/Key challenge password:',
    'Password code:',
  ])('otp: %s', (prompt) => {
    expect(requestKind(one(prompt))).toEqual({ kind: 'otp', storable: false });
  });

  test('shown or several fields are otp', () => {
    expect(requestKind(one('Password:', true)).kind).toBe('otp');
    const field = { prompt: 'Password:', echo: false };
    expect(requestKind({ name: '', instruction: '', prompts: [field, field] }).kind).toBe('otp');
    expect(requestKind({ name: '', instruction: 'Password:', prompts: [] }).kind).toBe('otp');
  });

  test.each([
    [one('New password: '), 'new'],
    [one('Retype new password: '), 'new'],
    [one('Neues Passwort: '), 'new'],
    [one('Nouveau mot de passe :'), 'new'],
    [one('Current password: '), 'current'],
    [one('(me@box) (current) UNIX password: '), 'current'],
    [
      one('You are required to change your password immediately.\nChanging password for me.\nOld password: '),
      'current',
    ],
    [one('Aktuelles Passwort: '), 'current'],
    [one('Password: ', false, 'Your password has expired.'), undefined],
  ])('a change of password is never answered from a store: %j', (request, change) => {
    expect(requestKind(request)).toEqual({ kind: 'password', storable: false, change });
  });

  test('any text is taken', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 100 }), fc.string(), (prompt, instruction) => {
        expect(['otp', 'password']).toContain(requestKind(one(prompt, false, instruction)).kind);
      }),
    );
  });
});
