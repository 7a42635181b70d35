import { type Said, sayings, sentence } from '../said.ts';

/** Options of ssh(1) and ssh_config(5) that are not taken over as they stand. */
export const sshOptionSentences = {
  /** `what`: the option with its value, or a variable, or a program. */
  leftOut: sentence<{ what: string; why: Said }>({
    en: ({ what, why }, say) => `${what} is left out: ${say(why)}.`,
    de: ({ what, why }, say) => `${what} wurde weggelassen: ${say(why)}.`,
  }),
  shorterListLeftOut: sentence<{ name: string }>({
    en: ({ name }) => `The shorter list of ${name} is left out: Holdfast offers what is safe.`,
    de: ({ name }) => `Die kürzere Liste von ${name} wurde weggelassen: Holdfast bietet an, was sicher ist.`,
  }),
  toLegacy: sentence<{ what: string }>({
    en: ({ what }) => `${what} goes to legacy-algorithms, to be offered behind the safe ones.`,
    de: ({ what }) => `${what} kommt in legacy-algorithms und wird hinter den sicheren angeboten.`,
  }),
  takesNewKeys: sentence<{ what: string }>({
    en: ({ what }) => `${what}: the key of a server that is not known yet is taken without a question.`,
    de: ({ what }) => `${what}: der Schlüssel eines noch unbekannten Servers wird ohne Frage genommen.`,
  }),
  ownKnownHosts: sentence<{ what: string }>({
    en: ({ what }) => `${what}: host keys are looked up and kept there, not in your own known_hosts.`,
    de: ({ what }) =>
      `${what}: dort werden Host-Schlüssel nachgesehen und gemerkt, nicht in deiner eigenen known_hosts.`,
  }),
  runsCommand: sentence<{ command: string }>({
    en: ({ command }) => `To connect, Holdfast will run the command: ${command}`,
    de: ({ command }) => `Zum Verbinden führt Holdfast diesen Befehl aus: ${command}`,
  }),
  forwardLeftOut: sentence<{ problem: Said }>({
    en: ({ problem }, say) => `A forward is left out. ${say(problem)}`,
    de: ({ problem }, say) => `Eine Weiterleitung wurde weggelassen. ${say(problem)}`,
  }),
  /** What the configuration says of a forward, as a sentence. */
  forwardProblem: sentence<{ why: Said | string }>({
    en: ({ why }, say) => `${say(why)}.`,
    de: ({ why }, say) => `${say(why)}.`,
  }),
  noForward: sentence<{ text: string; flag: string; like: string }>({
    en: ({ text, flag, like }) =>
      `${JSON.stringify(text)} is no forward as -${flag} takes it; expected something like ${like}.`,
    de: ({ text, flag, like }) =>
      `„${text}“ ist keine Weiterleitung, wie -${flag} sie nimmt; erwartet wird etwas wie ${like}.`,
  }),
  blankInPath: sentence<{ what: string }>({
    en: ({ what }) => `${what}: a path with a space in it cannot be told apart`,
    de: ({ what }) => `${what}: ein Pfad mit einem Leerzeichen lässt sich nicht abgrenzen`,
  }),
  /** What the configuration says of a key of a host. */
  keyProblem: sentence<{ key: string; why: Said | string }>({
    en: ({ key, why }, say) => `${key}: ${say(why)}`,
    de: ({ key, why }, say) => `${key}: ${say(why)}`,
  }),
  notValid: { en: 'not valid', de: 'nicht gültig' },

  // Why it is left out.
  noUserName: { en: 'that is no user name', de: 'das ist kein Benutzername' },
  noPort: { en: 'that is no port', de: 'das ist kein Port' },
  noHostName: { en: 'that is no host name', de: 'das ist kein Hostname' },
  usualKeysAlways: {
    en: 'Holdfast always tries the usual key files if none is named',
    de: 'ist keine genannt, nimmt Holdfast immer die üblichen Schlüsseldateien',
  },
  agentByPathOnly: {
    en: 'Holdfast finds an agent by its path or SSH_AUTH_SOCK only',
    de: 'Holdfast findet einen Agenten nur über seinen Pfad oder SSH_AUTH_SOCK',
  },
  cannotFillIn: {
    en: 'it has something in it that Holdfast cannot fill in',
    de: 'darin steht etwas, das Holdfast nicht ausfüllen kann',
  },
  asksAboutKeys: {
    en: 'Holdfast never takes a changed host key by itself; you are asked about unknown keys',
    de: 'einen geänderten Host-Schlüssel nimmt Holdfast nie von selbst; nach unbekannten wirst du gefragt',
  },
  keysKeptSomewhere: {
    en: 'host keys have to be kept somewhere',
    de: 'irgendwo müssen Host-Schlüssel gemerkt werden',
  },
  yesOrNo: { en: 'expected yes or no', de: 'erwartet wird „yes“ oder „no“' },
  addressFamily: { en: 'expected any, inet or inet6', de: 'erwartet wird „any“, „inet“ oder „inet6“' },
  addressNotName: {
    en: 'Holdfast dials from an IP address, not from a name',
    de: 'Holdfast verbindet von einer IP-Adresse aus, nicht von einem Namen',
  },
  endsAtFirstSilence: {
    en: 'it would end a healthy link at its first silence',
    de: 'das würde eine gesunde Verbindung beenden, sobald sie schweigt',
  },
  wholeNumber: sentence<{ least: number; most: number }>({
    en: ({ least, most }) => `expected a whole number from ${least} to ${most}`,
    de: ({ least, most }) => `erwartet wird eine ganze Zahl von ${least} bis ${most}`,
  }),
  unknownToken: sentence<{ token: string }>({
    en: ({ token }) => `Holdfast does not know ${token} in it`,
    de: ({ token }) => `darin kennt Holdfast ${token} nicht`,
  }),
  size: { en: 'expected a size like 1G', de: 'erwartet wird eine Größe wie 1G' },
  leastSize: { en: 'Holdfast takes 1 MiB and more', de: 'Holdfast nimmt 1 MiB oder mehr' },
  leastInterval: { en: 'Holdfast takes a minute and more', de: 'Holdfast nimmt eine Minute oder mehr' },
  lendsNoAgent: {
    en: 'Holdfast does not lend your agent to servers',
    de: 'Holdfast leiht Servern deinen Agenten nicht',
  },
  addsNoKeys: {
    en: 'Holdfast adds no keys to your agent',
    de: 'Holdfast gibt deinem Agenten keine Schlüssel',
  },
  runsNoSuchCommand: {
    en: 'Holdfast runs no such command',
    de: 'einen solchen Befehl führt Holdfast nicht aus',
  },
  loginMethods: {
    en: 'Holdfast logs in by publickey, keyboard-interactive and password',
    de: 'Holdfast meldet sich mit publickey, keyboard-interactive und password an',
  },
  noMethodLeft: {
    en: 'no method of logging in would be left',
    de: 'es bliebe keine Art der Anmeldung übrig',
  },
  time: { en: 'expected a time like 30 or 1m30s', de: 'erwartet wird eine Zeit wie 30 oder 1m30s' },
  enoughFiles: { en: 'a hundred files are enough', de: 'hundert Dateien sind genug' },
  offersSafe: { en: 'Holdfast offers what is safe', de: 'Holdfast bietet an, was sicher ist' },
  notThere: { en: 'Holdfast does not have it', de: 'Holdfast hat das nicht' },
  nothingLikeIt: { en: 'Holdfast has nothing like it', de: 'so etwas hat Holdfast nicht' },
};

export const sshOption = sayings('sshOption', sshOptionSentences);
