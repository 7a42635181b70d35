import { inGerman } from './causes-de.ts';
import type { QuestionTexts } from './questions-en.ts';

const and = (names: readonly string[]): string =>
  names.length < 2 ? (names[0] ?? '') : `${names.slice(0, -1).join(', ')} und ${names.at(-1) ?? ''}`;

const since = (seconds: number): string =>
  seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`;

const ordinals: readonly string[] = ['erste', 'zweite', 'dritte', 'vierte'];
const acceptedWords: Readonly<Record<string, string>> = { publickey: 'dein Schlüssel', password: 'dein Passwort' };

/** German texts of the questions. */
export const questionsDe: QuestionTexts = {
  app: 'Holdfast',
  engineSays: inGerman,
  forTunnels: (names) => `für ${names}`,
  moreWait: (count) => (count === 1 ? '1 weitere Frage wartet' : `${count} weitere Fragen warten`),
  and,
  moreNames: (count) => `${count} weitere`,
  copy: 'Kopieren',
  copied: 'Kopiert',
  copyFingerprint: 'Fingerabdruck kopieren',
  copyCommand: 'Befehl kopieren',
  notTaken: (reason) => `Die Antwort ist nicht angekommen. ${reason}`,
  hostKey: {
    title: (name) => `Ist das wirklich ${name}?`,
    lead: 'Holdfast trifft diesen Server zum ersten Mal. Nichts Geheimes wurde an ihn gesendet.',
    caption: (type) => `${type}-Schlüssel, SHA256-Fingerabdruck`,
    showPicture: 'Als Bild zeigen',
    hidePicture: 'Bild verbergen',
    pictureLabel: 'Randomart des Schlüssels, wie ssh-keygen -lv es zeichnet',
    forWhom: 'Für',
    address: 'Adresse',
    way: 'Weg dorthin',
    wayDirect: (position, length) => (length === 1 ? 'direkt' : `direkt, Station ${position} von ${length}`),
    wayThrough: (through, position, length) => `über ${through}, Station ${position} von ${length}`,
    wayUnknown: (host) => `auf dem Weg zu ${host}`,
    sameKey: 'Gleicher Schlüssel',
    sameKeyNone: 'bei keinem Host, dem du vertraust',
    given: 'Fingerabdruck, den man dir gab',
    givenPlaceholder: 'SHA256:…',
    equal: 'Derselbe. Das ist der Server, von dem man dir sagte.',
    different: 'Nicht derselbe. Verbinde dich nicht.',
    here: 'Aus diesem Fenster kopiert, also kein Beweis. Füge den ein, den dir der Betreiber gab.',
    md5: 'Ein MD5-Fingerabdruck lässt sich hier nicht vergleichen. Frag nach dem SHA256-Fingerabdruck.',
    compare:
      'Vergleiche den Fingerabdruck mit dem, den dir der Betreiber gab. Wenn sie sich unterscheiden, verbinde dich nicht.',
    noFingerprint: 'Kein Fingerabdruck zur Hand? Auf der Konsole des Servers selbst:',
    refuse: 'Nicht verbinden',
    once: 'Diesmal vertrauen',
    trust: 'Vertrauen und merken',
  },
  changed: {
    title: (name) => `${name} zeigt nicht den Schlüssel, dem du vertraust`,
    lead: 'Holdfast hat aufgelegt; nichts Geheimes wurde gesendet. Entweder wurde der Server neu aufgesetzt, oder ein anderer Rechner antwortet an seiner Stelle.',
    trusted: 'Vertraut',
    trustedWhere: (file, line) => `, ${file} Zeile ${line}`,
    shown: 'Jetzt gezeigt',
    shownWhen: (when) => `, ${when}`,
    today: (time) => `heute ${time}`,
    keyType: 'Schlüsselart',
    asBefore: (type) => `${type}, wie zuvor`,
    changedFrom: (type, before) => `${type}, zuvor: ${before}`,
    sameAsBefore: ', wie zuvor',
    before: (before) => `, zuvor: ${before}`,
    otherKeys: 'Weitere Schlüssel',
    otherKey: (type, file, line) => `${type} (${file} Zeile ${line})`,
    trustedSince: (day) => ` seit ${day}`,
    address: 'Adresse',
    alsoHeld: 'Auch angehalten',
    paste: 'Zum Ersetzen: der neue Fingerabdruck, vom Betreiber des Servers',
    placeholder: 'SHA256:…',
    hint: (isSeveral, file) =>
      `Von der Konsole des Servers, von Kollegen oder der Seite des Anbieters, nicht aus diesem Fenster. ${isSeveral ? 'Die alten Schlüssel bleiben' : 'Der alte Schlüssel bleibt'} in ${file}.old.`,
    readOnly: (file) =>
      `Der vertraute Schlüssel steht in ${file}; diese Datei liest Holdfast nur. Wenn der Betreiber sagt, dass der neue stimmt, ändere ihn dort und verbinde neu.`,
    equal: 'Derselbe. Gezeigt wurde der Schlüssel, den der Betreiber nannte.',
    different: 'Nicht derselbe. Lehne weiter ab.',
    message: 'Nachricht kopieren',
    messageText: (name, address, before, now, command) =>
      `${name} (${address}) zeigt einen anderen SSH-Host-Schlüssel als bisher.\n\nBisher vertraut: ${before}\nJetzt gezeigt:   ${now}\n\nHast du ihn geändert? Zum Prüfen bitte auf der Konsole des Servers ausführen und mir die Zeile schicken:\n${command}\n`,
    replace: 'Ersetzen und verbinden',
    keep: 'Weiter ablehnen',
    gone: 'Dieser Schlüssel hält nichts mehr auf.',
    close: 'Schließen',
  },
  signIn: {
    code: (name) => `${name} fragt nach einem Code`,
    password: (name) => `${name} fragt nach deinem Passwort`,
    passphrase: (key) => `${key} ist verschlossen`,
    asUser: 'Anmeldung als',
    address: (address) => `bei ${address}`,
    passphraseLead: (name) => `Die Passphrase wird einmal gebraucht, für die Anmeldung bei ${name}.`,
    opensCode: (names) => `Ein Code öffnet ${names}.`,
    opensPassword: (names) => `Eine Antwort öffnet ${names}.`,
    refused: {
      code: (name) => `${name} hat diesen Code nicht angenommen.`,
      password: (name) => `${name} hat dieses Passwort nicht angenommen.`,
      answer: (name) => `${name} hat die Antworten davor nicht angenommen.`,
      passphrase: () => 'Das war nicht die Passphrase.',
    },
    newPassword: {
      title: (name) => `Dein Passwort bei ${name} ist abgelaufen`,
      labels: ['Neues Passwort', 'Neues Passwort noch einmal'],
      different: () => 'Die beiden waren nicht gleich. Es wurde nichts gesendet.',
      refused: (name) => `${name} hat dieses neue Passwort nicht angenommen.`,
    },
    triesLeft: (count) =>
      `${count === 1 ? 'Noch 1 Versuch' : `Noch ${count} Versuche`}; dann hört Holdfast auf, damit du nicht ausgesperrt wirst.`,
    accepted: (methods) =>
      `${and(methods.map((method) => acceptedWords[method] ?? 'deine Antwort')).replace(/^d/, 'D')} ${methods.length === 1 ? 'wurde' : 'wurden'} angenommen; das ist der ${ordinals[methods.length] ?? 'nächste'} Schritt.`,
    serverSays: 'Der Server sagt',
    passwordLabel: 'Passwort',
    passphraseLabel: 'Passphrase',
    codeLabel: 'Code',
    show: 'Zeigen',
    hide: 'Verbergen',
    asked: (seconds) =>
      seconds < 120
        ? `Gefragt vor ${since(seconds)}. Server legen oft nach 2 Minuten auf; Holdfast fragt dann neu.`
        : `Gefragt vor ${since(seconds)}. Der Server hat vielleicht schon aufgelegt; Holdfast fragt dann neu.`,
    remember: {
      keychain: 'Im Schlüsselbund merken',
      vault: 'Im Tresor merken',
      memory: 'Merken, bis Holdfast endet',
    },
    keepOpen: 'Diese Anmeldung für andere Tunnel offen halten:',
    hours: (count) => (count === 1 ? '1 Stunde' : `${count} Stunden`),
    notNow: 'Nicht jetzt',
    signIn: 'Anmelden',
    unlock: 'Aufschließen',
    go: 'Weiter',
  },
  elsewhere: {
    title: (name) => `${name} wartet auf dich`,
    silent: (name) =>
      `${name} hat auf die Anmeldung noch nicht geantwortet. Vielleicht wartet er anderswo auf dich: am Telefon oder im Browser.`,
    hint: 'Schließe die Anmeldung dort ab; diese Frage schließt sich dann von selbst. Nach 5 Minuten, oder wenn der Server auflegt, hält der Tunnel an, bis du ihn wieder startest.',
    addressOf: (name) => `Eine Adresse aus den Worten von ${name}. Lies sie ganz, bevor du sie öffnest.`,
    open: 'Öffnen…',
    copyAddress: 'Adresse kopieren',
    stop: 'Anmeldung abbrechen',
    hide: 'Ausblenden',
    boxTitle: 'Diese Adresse im Browser öffnen?',
    boxDetail: (name) =>
      `Sie steht in dem, was ${name} bei der Anmeldung sagt. Öffne sie nur, wenn du weißt, wohin sie führt.`,
    boxOpen: 'Öffnen',
    boxCancel: 'Nicht öffnen',
  },
  confirm: {
    title: (name) => `Die Anmeldung bei ${name} wartet auf dich`,
    hint: 'Das schließt sich von selbst, sobald es erledigt ist.',
    no: 'Anmeldung abbrechen',
    yes: 'Weiter',
  },
};
