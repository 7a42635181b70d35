import type { InfoRequest } from './userauth-wire.ts';

/** A prompt is judged by its beginning. */
const maxTextLength = 4096;

/** Words for a password that lasts, in the languages sshd and PAM are translated into. */
const passwordWords = [
  'password',
  'passwort',
  'kennwort',
  'mot de passe',
  'contraseña',
  'contrasenya',
  'clave',
  'senha',
  'palavra-passe',
  'palavra passe',
  'wachtwoord',
  'lösenord',
  'adgangskode',
  'passord',
  'salasana',
  'hasło',
  'haslo',
  'heslo',
  'parola',
  'parolă',
  'şifre',
  'jelszó',
  'geslo',
  'lozinka',
  'lozinku',
  'slaptažodis',
  'parole',
  'salasõna',
  'пароль',
  'парола',
  'лозинка',
  'κωδικός πρόσβασης',
  'συνθηματικό',
  'סיסמה',
  'סיסמא',
  'كلمة المرور',
  'كلمة السر',
  'گذرواژه',
  '密码',
  '密碼',
  '口令',
  'パスワード',
  '암호',
  '비밀번호',
  'mật khẩu',
  'รหัสผ่าน',
  'kata sandi',
  'sandi',
  'kata laluan',
  'pasahitza',
  'contrasinal',
  'pasvorto',
  'पासवर्ड',
].map(normal);

/** Words that make it something used once, whatever else the prompt says. */
const onceWords = [
  'one-time',
  'one time',
  'onetime',
  'otp',
  'passcode',
  'pass code',
  'verification',
  'token',
  'code',
  'pin',
  '2fa',
  'mfa',
  'second factor',
  'two-factor',
  'authenticator',
  'yubikey',
  'challenge',
  'single-use',
  'single use',
  'dynamic',
  'temporary',
  'hotp',
  'totp',
  's/key',
  'otp-md5',
  'einmal',
  'usage unique',
  'un solo uso',
  'único uso',
  'uso único',
  'monouso',
  'одноразов',
  'eenmalig',
  'engangs',
  'engång',
  'jednoraz',
  'jednokrat',
  'kertakäyttö',
  'egyszeri',
  'tek kullanımlık',
  '一次性',
  '动态',
  '動態',
  'ワンタイム',
  '일회용',
  'phrase otp',
  'bestätigungscode',
].map(normal);

/** Words of a change of password: never answered from a store. */
const changeWords = [
  'new',
  'retype',
  're-enter',
  'reenter',
  'repeat',
  'again',
  'confirm',
  'expired',
  'change',
  'neues',
  'neu',
  'erneut',
  'wiederhol',
  'nouveau',
  'nueva',
  'nuevo',
  'nova',
  'nuova',
  'nieuw',
  'новый',
  '新',
].map(normal);

/** Words for the password that is to be changed. */
const currentWords = [
  'current',
  'old',
  'aktuelles',
  'altes',
  'bisheriges',
  'derzeitiges',
  'actuel',
  'ancien',
  'actual',
  'antigua',
  'attuale',
  'vecchia',
  'huidig',
  'oud',
  'текущий',
  'старый',
  '当前',
  '現在',
].map(normal);

export interface RequestKind {
  readonly kind: 'otp' | 'password';
  /** A stored password may answer it, and a typed one may be kept. */
  readonly storable: boolean;
  /** Which password of a change it asks for (PAM's rounds for one that has expired), as far as its words tell. */
  readonly change?: 'current' | 'new' | undefined;
}

/**
 * What a keyboard-interactive request asks for: `otp` unless its one hidden field asks for a password. When in doubt it is `otp`: an OTP that is
 * taken for a password could be stored, the other way round a person is only asked once more.
 */
export function requestKind(request: InfoRequest): RequestKind {
  const otp: RequestKind = { kind: 'otp', storable: false };
  const [field, ...others] = request.prompts;
  if (!field || others.length > 0 || field.echo) return otp;
  // sshd puts "(user@host) " in front of PAM's prompt; those names must not decide.
  const text = normal(field.prompt).replace(/^\([^()]*\)\s*/, '');
  if (hasOnce(text) || !passwordWords.some((word) => text.includes(word))) return otp;
  if (currentWords.some((word) => wordIn(text, word))) return { kind: 'password', storable: false, change: 'current' };
  if (changeWords.some((word) => wordIn(text, word))) return { kind: 'password', storable: false, change: 'new' };
  const around = normal(`${request.name}\n${request.instruction}`);
  return { kind: 'password', storable: !/expired|change|abgelaufen|expiré/.test(around) };
}

function hasOnce(text: string): boolean {
  return onceWords.some((word) => (word.length <= 4 ? wordIn(text, word) : text.includes(word)));
}

/** `word` not inside another word: `pin` is not in `shipping`. */
function wordIn(text: string, word: string): boolean {
  for (let at = text.indexOf(word); at >= 0; at = text.indexOf(word, at + 1)) {
    const before = text[at - 1] ?? ' ';
    const after = text[at + word.length] ?? ' ';
    if (!/\p{Script=Latin}|\p{N}/u.test(before) && !/\p{Script=Latin}|\p{N}/u.test(after)) return true;
  }
  return false;
}

function normal(text: string): string {
  return text.slice(0, maxTextLength).normalize('NFKC').toLowerCase().normalize('NFC');
}
