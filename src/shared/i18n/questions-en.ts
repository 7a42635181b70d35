const and = (names: readonly string[]): string =>
  names.length < 2 ? (names[0] ?? '') : `${names.slice(0, -1).join(', ')} and ${names.at(-1) ?? ''}`;

const ordinals: readonly string[] = ['first', 'second', 'third', 'fourth'];
const acceptedWords: Readonly<Record<string, string>> = { publickey: 'your key', password: 'your password' };

/** Texts of the questions to a person (prompt windows, dialogs of the panel). */
export const questionsEn = {
  app: 'Holdfast',
  /** A warning of the engine. */
  engineSays: (sentence: string) => sentence,
  forTunnels: (names: string) => `for ${names}`,
  moreWait: (count: number) => (count === 1 ? '1 more question waits' : `${count} more questions wait`),
  and,
  moreNames: (count: number) => `${count} more`,
  copy: 'Copy',
  copied: 'Copied',
  copyFingerprint: 'Copy fingerprint',
  copyCommand: 'Copy command',
  notTaken: (reason: string) => `The answer did not arrive. ${reason}`,
  hostKey: {
    title: (name: string) => `Is this really ${name}?`,
    lead: 'Holdfast meets this server for the first time. Nothing secret has been sent to it.',
    caption: (type: string) => `${type} key, SHA256 fingerprint`,
    showPicture: 'Show as a picture',
    hidePicture: 'Hide the picture',
    pictureLabel: 'Randomart of the key, as ssh-keygen -lv draws it',
    forWhom: 'For',
    address: 'Address',
    way: 'Way there',
    wayDirect: (position: number, length: number) => (length === 1 ? 'direct' : `direct, hop ${position} of ${length}`),
    wayThrough: (through: string, position: number, length: number) =>
      `through ${through}, hop ${position} of ${length}`,
    wayUnknown: (host: string) => `on the way to ${host}`,
    sameKey: 'Same key on',
    sameKeyNone: 'no other host you trust',
    given: 'Fingerprint you were given',
    givenPlaceholder: 'SHA256:…',
    equal: 'The same. This is the server you were told about.',
    different: 'Not the same. Do not connect.',
    here: 'Copied from this window, so it proves nothing. Paste the one its owner gave you.',
    md5: 'An MD5 fingerprint cannot be compared here. Ask for the SHA256 one.',
    /** Where nothing can be pasted. */
    compare: 'Compare the fingerprint with the one its owner gave you. If they differ, do not connect.',
    noFingerprint: 'No fingerprint at hand? On the server’s own console:',
    refuse: 'Don’t connect',
    once: 'Trust this time',
    trust: 'Trust and remember',
  },
  changed: {
    title: (name: string) => `${name} is not showing the key you trust`,
    lead: 'Holdfast hung up; nothing secret was sent to it. Either the server was reinstalled, or another machine is answering in its place.',
    trusted: 'Trusted',
    trustedWhere: (file: string, line: number) => `, ${file} line ${line}`,
    shown: 'Shown now',
    shownWhen: (when: string) => `, ${when}`,
    today: (time: string) => `today ${time}`,
    keyType: 'Key type',
    asBefore: (type: string) => `${type}, as before`,
    changedFrom: (type: string, before: string) => `${type}, before: ${before}`,
    sameAsBefore: ', as before',
    before: (before: string) => `, before: ${before}`,
    otherKeys: 'Other keys',
    otherKey: (type: string, file: string, line: number) => `${type} (${file} line ${line})`,
    trustedSince: (day: string) => ` since ${day}`,
    address: 'Address',
    alsoHeld: 'Also held back',
    paste: 'To replace the key, paste the new fingerprint from the server’s owner',
    placeholder: 'SHA256:…',
    hint: (isSeveral: boolean, file: string) =>
      `From the server’s console, a colleague or the provider’s page, not from this window. The old ${isSeveral ? 'keys stay' : 'key stays'} in ${file}.old.`,
    readOnly: (file: string) =>
      `The trusted key stands in ${file}, which Holdfast only reads. Once its owner says that the new key is right, correct it there and connect again.`,
    equal: 'The same. The key that was shown is the one its owner gave you.',
    different: 'Not the same. Keep refusing.',
    message: 'Copy a message for the owner',
    messageText: (name: string, address: string, before: string, now: string, command: string) =>
      `${name} (${address}) shows another SSH host key than before.\n\nTrusted so far: ${before}\nShown now:      ${now}\n\nDid you change it? To check, run this on the server's own console and send me the line:\n${command}\n`,
    replace: 'Replace key and connect',
    keep: 'Keep refusing',
    gone: 'This key is no longer held back.',
    close: 'Close',
  },
  signIn: {
    code: (name: string) => `${name} asks for a code`,
    password: (name: string) => `${name} asks for your password`,
    passphrase: (key: string) => `${key} is locked`,
    asUser: 'Signing in as',
    address: (address: string) => `at ${address}`,
    passphraseLead: (name: string) => `Its passphrase is needed once, to sign in to ${name}.`,
    opensCode: (names: string) => `One code opens ${names}.`,
    opensPassword: (names: string) => `One answer opens ${names}.`,
    refused: {
      code: (name: string) => `${name} did not take that code.`,
      password: (name: string) => `${name} did not take that password.`,
      answer: (name: string) => `${name} did not take the answers before.`,
      passphrase: () => 'That was not the passphrase.',
    },
    newPassword: {
      title: (name: string) => `Your password at ${name} has expired`,
      labels: ['New password', 'New password again'],
      different: (_name: string) => 'The two were not the same. Nothing was sent.',
      refused: (name: string) => `${name} did not take that new password.`,
    },
    triesLeft: (count: number) =>
      `${count === 1 ? '1 try' : `${count} tries`} left; then Holdfast stops, to save you a lock-out.`,
    accepted: (methods: readonly string[]) =>
      `${and(methods.map((method) => acceptedWords[method] ?? 'your answer')).replace(/^y/, 'Y')} ${methods.length === 1 ? 'was' : 'were'} accepted; this is the ${ordinals[methods.length] ?? 'next'} step.`,
    serverSays: 'The server says',
    passwordLabel: 'Password',
    passphraseLabel: 'Passphrase',
    codeLabel: 'Code',
    show: 'Show',
    hide: 'Hide',
    asked: (seconds: number) =>
      seconds < 120
        ? `Asked ${since(seconds)} ago. Servers often hang up after 2 minutes; Holdfast then asks again.`
        : `Asked ${since(seconds)} ago. The server may have hung up by now; Holdfast then asks again.`,
    remember: {
      keychain: 'Remember in the keychain',
      vault: 'Remember in the vault',
      memory: 'Remember until Holdfast ends',
    },
    keepOpen: 'Keep this login open for other tunnels for',
    hours: (count: number) => (count === 1 ? '1 hour' : `${count} hours`),
    notNow: 'Not now',
    signIn: 'Sign in',
    unlock: 'Unlock',
    go: 'Continue',
  },
  /** A login that is finished elsewhere, and addresses in a server's words. */
  elsewhere: {
    title: (name: string) => `${name} waits for you`,
    silent: (name: string) =>
      `${name} has not answered the login yet. It may wait for you elsewhere: on a phone, or in a browser.`,
    hint: 'Finish the login there; this closes by itself once it is done. After 5 minutes, or when the server hangs up, the tunnel stops until you start it again.',
    addressOf: (name: string) => `An address in the words of ${name}. Read the whole of it before you open it.`,
    open: 'Open…',
    copyAddress: 'Copy address',
    stop: 'Stop the login',
    hide: 'Hide',
    boxTitle: 'Open this address in your browser?',
    boxDetail: (name: string) =>
      `It stands in what ${name} says during the login. Open it only if you know where it leads.`,
    boxOpen: 'Open',
    boxCancel: 'Don’t open',
  },
  confirm: {
    title: (name: string) => `The login to ${name} waits for you`,
    hint: 'This closes by itself once it is done.',
    no: 'Stop the login',
    yes: 'Go on',
  },
};

function since(seconds: number): string {
  return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

export type QuestionTexts = typeof questionsEn;
