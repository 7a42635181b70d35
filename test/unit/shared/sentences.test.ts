import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { redactFailure } from '../../../src/main/engine/log/redact.ts';
import { causeSchema } from '../../../src/shared/contract/failure-schema.ts';
import { causeWordsDe, causeWordsEn } from '../../../src/shared/i18n/cause-words.ts';
import type { Language, Said } from '../../../src/shared/i18n/said.ts';
import { app } from '../../../src/shared/i18n/sentences/app.ts';
import { dial } from '../../../src/shared/i18n/sentences/dial.ts';
import { engine } from '../../../src/shared/i18n/sentences/engine.ts';
import { file } from '../../../src/shared/i18n/sentences/file.ts';
import { fileTrust } from '../../../src/shared/i18n/sentences/file-trust.ts';
import { allSentences, tell } from '../../../src/shared/i18n/sentences/index.ts';
import { secret as words } from '../../../src/shared/i18n/sentences/secret.ts';
import { server } from '../../../src/shared/i18n/sentences/server.ts';
import { sshConfig } from '../../../src/shared/i18n/sentences/ssh-config.ts';
import { sshOption } from '../../../src/shared/i18n/sentences/ssh-option.ts';
import { HoldfastError } from '../../../src/shared/model/failure.ts';

/** Stands for whatever is put in: as text it is `X`, and what is asked of it is such a thing again. */
const anything: unknown = new Proxy(() => {}, {
  get: (_, key) => (key === Symbol.toPrimitive ? () => 'X' : anything),
  apply: () => anything,
});

/** Words that no German sentence has: one of them left over was not put over. */
const english =
  /\b(?:the|is|of|to|and|or|not|has|have|it|its|that|this|for|with|from|at|you|your|expected|cannot|there|no|input|invalid|too)\b/i;
/** The same in both languages. */
const alike: ReadonlySet<string> = new Set([
  'contract.issue',
  'engine.systemSays',
  'server.inWordsOfSsh2',
  'server.macs',
  'server.otherKind',
  'sshCommand.fault',
  'sshConfig.about',
  'sshOption.forwardProblem',
  'sshOption.keyProblem',
]);

function spoken({ words }: ReturnType<typeof allSentences>[number], language: Language): string {
  const way = words[language];
  if (typeof way === 'string') return way;
  // A sentence may be nothing but what is put in, which is no text here.
  const said: unknown = way(anything as never, () => 'X');
  return String(said);
}

describe('the sentences', () => {
  test.each(allSentences().map((sentence) => [sentence.id, sentence] as const))('%s in German', (id, sentence) => {
    const german = spoken(sentence, 'de');
    if (!alike.has(id)) expect(german).not.toBe(spoken(sentence, 'en'));
    // Names of keys and commands stand in quotes.
    expect(german.replaceAll(/[`„][^`“]*[`“]|holdfast .*/g, '')).not.toMatch(english);
    // Both end as a sentence, or both go on.
    expect(/[.!?]$/.test(german)).toBe(/[.!?]$/.test(spoken(sentence, 'en')));
  });

  test('what people and servers say is the same in both languages', () => {
    fc.assert(
      fc.property(fc.oneof(fc.constantFrom('work and home', 'contact admin and ops'), fc.string()), (text) => {
        expect(tell(dial.refused({ to: text }), 'de')).toBe(`${text} lehnt die Verbindung ab.`);
        const good = server.closed({ host: text, reason: server.inItsWords({ words: text }) });
        expect(tell(good, 'de')).toBe(`${text} hat die Verbindung beendet: „${text}“.`);
        expect(tell(good, 'en')).toBe(`${text} closed the connection: "${text}".`);
      }),
    );
  });

  test.each<[Said, string]>([
    [
      engine.socketNotUsed({
        socket: '/run/a b/x.sock',
        why: fileTrust.othersOwn({ kind: 'folder', path: '/run/a b', uid: 1001 }),
      }),
      'Der Steuer-Socket /run/a b/x.sock wird nicht benutzt: der Ordner /run/a b gehört einem anderen Benutzer (UID 1001); Besitzer musst du oder root sein.',
    ],
    [engine.runsAlready({ configFile: '/c.toml', pid: 12 }), 'Für /c.toml läuft schon ein Dienst (PID 12).'],
    [engine.answersAlready({ socket: '/x.sock', pid: 12 }), 'Unter /x.sock (PID 12) antwortet schon ein Dienst.'],
    [engine.answersAlready({ socket: '/x.sock', pid: null }), 'Unter /x.sock antwortet schon ein Dienst.'],
    [
      engine.useOrEnd({ command: 'kill 12' }),
      'Nimm ihn, wie er ist (holdfast status), oder beende ihn zuerst: kill 12.',
    ],
    [engine.useOrEnd({ command: null }), 'Nimm ihn, wie er ist (holdfast status), oder beende ihn zuerst.'],
    [
      file.notWritten({ path: '/home/me/Tom and Jerry/c.toml', why: file.diskFull() }),
      '/home/me/Tom and Jerry/c.toml ließ sich nicht schreiben: der Datenträger ist voll. Die Datei ist unverändert.',
    ],
    [
      fileTrust.mayBeWritten({ kind: 'folder', path: '/tmp/a b', by: 'everybody', command: "chmod go-w '/tmp/a b'" }),
      "in den Ordner /tmp/a b darf nicht nur sein Besitzer schreiben, sondern auch jeder andere; führe aus: chmod go-w '/tmp/a b'",
    ],
    [
      fileTrust.mayBeWritten({ kind: 'file', path: '/a', by: 'group', command: 'chmod go-w /a' }),
      'in die Datei /a darf nicht nur ihr Besitzer schreiben, sondern auch die Gruppe; führe aus: chmod go-w /a',
    ],
    [
      sshConfig.about({
        aliases: ['db', 'work and home'],
        more: 2,
        note: sshOption.leftOut({ what: 'ForwardAgent yes', why: sshOption.lendsNoAgent() }),
      }),
      'db, work and home und 2 weitere: ForwardAgent yes wurde weggelassen: Holdfast leiht Servern deinen Agenten nicht.',
    ],
    [
      sshOption.noForward({ text: '5432', flag: 'L', like: '-L 5432:db.internal:5432' }),
      '„5432“ ist keine Weiterleitung, wie -L sie nimmt; erwartet wird etwas wie -L 5432:db.internal:5432.',
    ],
    [
      words.cannotBeUsed({ store: words.desktopKeyring(), why: words.noDefaultKeyring() }),
      'Der Schlüsselbund des Desktops lässt sich nicht benutzen: der Desktop hat noch keinen Standard-Schlüsselbund.',
    ],
    [
      words.doesNotWork({ store: words.vault(), why: words.becauseDamaged() }),
      'Der Tresor funktioniert nicht: die Datei ist beschädigt.',
    ],
    [words.doesNotWork({ store: words.vault(), why: null }), 'Der Tresor funktioniert nicht.'],
  ])('%j in German', (said, german) => {
    expect(tell(said, 'de')).toBe(german);
  });

  test('a sentence within a sentence is said in the same language, and numbers as the language writes them', () => {
    const why = dial.noAnswer({ to: 'db:22', limitMs: 1500 });
    expect(tell(dial.jumpFailed({ host: 'db', why }), 'en')).toBe(
      'The jump host could not reach db: db:22 does not answer: nothing came in 1.5 s.',
    );
    expect(tell(dial.jumpFailed({ host: 'db', why }), 'de')).toBe(
      'Der Zwischenhost erreicht db nicht: db:22 antwortet nicht: in 1,5 s kam nichts.',
    );
  });
});

describe('a fact from elsewhere', () => {
  const nested = (depth: number): Said =>
    depth === 0 ? dial.offline() : dial.jumpFailed({ host: 'a', why: nested(depth - 1) });

  test.each<[string, Said]>([
    ['of a subject that is not known', { id: 'weather.rain', given: {} }],
    ['that is not known', { id: 'dial.rain', given: {} }],
    ['with a name that every object has', { id: 'dial.constructor', given: {} }],
    ['without an id', { id: '', given: {} }],
    ['without what is put in', { id: 'server.noCommonAlgorithm', given: {} }],
    ['with something else put in', { id: 'server.allowLegacy', given: { host: 'a', algorithms: 5 } }],
    ['within itself without end', nested(50)],
  ])('%s is no sentence', (_, said) => {
    expect(tell(said, 'de')).toBeNull();
  });

  test('goes over the wire as it is; one too deep is refused', () => {
    const { said } = new HoldfastError({ code: 'dns', where: 'x', message: nested(3), next: dial.checkSpelling() });
    const cause = { code: 'dns', where: 'x', message: 'm', next: 'n', said };
    expect(causeSchema.parse(JSON.parse(JSON.stringify(cause)))).toEqual(cause);
    expect(causeSchema.safeParse({ ...cause, said: { message: nested(50), next: null } }).success).toBe(false);
  });

  test('is said in the language of the window; what is not known, as the engine wrote it', () => {
    const cause = new HoldfastError({
      code: 'refused',
      where: 'box',
      message: dial.refused({ to: 'box:22' }),
      next: 'Ask around.',
    }).toCause();
    const words = causeWordsDe((text) => `(${text})`);
    expect(words.errorText(cause)).toBe('box:22 lehnt die Verbindung ab. (Ask around.)');
    expect(causeWordsEn.errorText(cause)).toBe('box:22 refuses the connection. Ask around.');
    expect(words.factSays('Try again in a moment.', app.inAMoment())).toBe('Versuche es gleich noch einmal.');
    expect(words.factSays('Try again in a moment.', undefined)).toBe('(Try again in a moment.)');
    expect(causeWordsEn.factSays('Try again in a moment.', app.inAMoment())).toBe('Try again in a moment.');
    const newer = { ...cause, said: { message: { id: 'dial.fromTomorrow', given: {} }, next: null } };
    expect(words.causeSays(newer)).toBe('(box:22 refuses the connection.)');
  });
});

describe('a failure', () => {
  test('is cleaned in its facts as in its text', () => {
    const cause = new HoldfastError({
      code: 'refused',
      where: 'box',
      message: dial.refused({ to: 'a\u202Eb\u001B[2Jc' }),
      next: dial.checkSshd(),
    }).toCause();
    expect(JSON.stringify(cause)).not.toMatch(/\\u202e|\\u001b|\u202E/i);
    expect(cause.message).toBe(tell(cause.said?.message ?? dial.offline(), 'en'));
  });

  test('keeps its facts when secrets are taken out of what was put in, and loses them where they are part of the sentence', () => {
    const failure = new HoldfastError({
      code: 'server-closed',
      where: 'box',
      message: server.closed({ host: 'box', reason: server.inItsWords({ words: 'you typed hunter2' }) }),
      next: server.connectsAgain(),
    });
    const without = redactFailure(failure, (text) => text.replaceAll('hunter2', '[secret]'));
    expect(without.message).toBe('box closed the connection: "you typed [secret]".');
    expect(tell(without.said.message ?? dial.offline(), 'de')).toBe(
      'box hat die Verbindung beendet: „you typed [secret]“.',
    );
    const across = redactFailure(failure, (text) => text.replaceAll('connection: "you', '[secret]'));
    expect(across.message).toBe('box closed the [secret] typed hunter2".');
    expect(across.said.message).toBeNull();
  });
});
