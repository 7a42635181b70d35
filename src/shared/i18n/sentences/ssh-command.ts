import { type Said, sayings, sentence } from '../said.ts';

/** A pasted ssh command: why it cannot be read, and what of it was left out. */
export const sshCommandSentences = {
  tooLong: { en: 'The command is longer than 16 KiB.', de: 'Der Befehl ist länger als 16 KiB.' },
  noOtherEnd: sentence<{ quote: string }>({
    en: ({ quote }) => `The command has a ${quote} without its other end.`,
    de: ({ quote }) => `Im Befehl steht ein ${quote} ohne sein Gegenstück.`,
  }),
  valueOfShell: sentence<{ what: Said | string }>({
    en: ({ what }, say) =>
      `The command has ${say(what)} in it, whose value only your shell knows. Write the value in its place.`,
    de: ({ what }, say) =>
      `Im Befehl steht ${say(what)}; den Wert kennt nur deine Shell. Schreibe ihn an diese Stelle.`,
  }),
  backticks: { en: 'a command in backticks', de: 'ein Befehl in Backticks' },
  tooNested: {
    en: 'The command has too many command lines in one another.',
    de: 'Im Befehl stecken zu viele Befehlszeilen ineinander.',
  },
  nothing: sentence<{ like: string }>({
    en: ({ like }) => `There is no command here. Paste one like: ${like}`,
    de: ({ like }) => `Hier steht kein Befehl. Füge einen ein, etwa: ${like}`,
  }),
  otherProgram: sentence<{ first: string }>({
    en: ({ first }) => `This is no ssh or autossh command: it begins with ${JSON.stringify(first)}.`,
    de: ({ first }) => `Das ist kein Befehl ssh oder autossh: er beginnt mit „${first}“.`,
  }),
  noValue: sentence<{ option: string }>({
    en: ({ option }) => `${option} stands without its value.`,
    de: ({ option }) => `${option} steht ohne seinen Wert da.`,
  }),
  noHost: {
    en: 'The command names no host to log in to.',
    de: 'Der Befehl nennt keinen Host zum Anmelden.',
  },
  notAHost: sentence<{ text: string }>({
    en: ({ text }) => `${JSON.stringify(text)} is no host to log in to.`,
    de: ({ text }) => `„${text}“ ist kein Host, bei dem man sich anmelden kann.`,
  }),
  forwardsNothing: {
    en: 'The command forwards nothing: there is no -L, -R or -D in it.',
    de: 'Der Befehl leitet nichts weiter: ihm fehlt -L, -R oder -D.',
  },
  hostNotTaken: sentence<{ why: Said }>({
    en: ({ why }, say) => `The host cannot be taken over: ${say(why)}.`,
    de: ({ why }, say) => `Der Host lässt sich nicht übernehmen: ${say(why)}.`,
  }),
  notAJumpHost: sentence<{ text: string }>({
    en: ({ text }) => `${JSON.stringify(text)} is no jump host; expected [USER@]HOST[:PORT].`,
    de: ({ text }) => `„${text}“ ist kein Zwischenhost; erwartet wird [USER@]HOST[:PORT].`,
  }),
  jumpHostNotTaken: sentence<{ host: string; why: Said }>({
    en: ({ host, why }, say) => `The jump host ${host} cannot be taken over: ${say(why)}.`,
    de: ({ host, why }, say) => `Der Zwischenhost ${host} lässt sich nicht übernehmen: ${say(why)}.`,
  }),
  jumpHostTwice: sentence<{ host: string }>({
    en: ({ host }) => `The jump host ${host} stands twice in the chain.`,
    de: ({ host }) => `Der Zwischenhost ${host} steht zweimal auf dem Weg.`,
  }),
  notFilledIn: sentence<{ option: string; token: string }>({
    en: ({ option, token }) => `${option} has ${token} in it, which ssh does not fill in there.`,
    de: ({ option, token }) => `In ${option} steht ${token}; das füllt ssh dort nicht aus.`,
  }),
  valueOfSystemd: sentence<{ what: string }>({
    en: ({ what }) => `The unit has ${what} in it, whose value only systemd knows. Write the value in its place.`,
    de: ({ what }) => `In der Unit steht ${what}; den Wert kennt nur systemd. Schreibe ihn an diese Stelle.`,
  }),
  /** A fault of Holdfast while it read the command. */
  fault: sentence<{ why: Said | string }>({
    en: ({ why }, say) => say(why),
    de: ({ why }, say) => say(why),
  }),

  // What should be known of what was read.
  restLeftOut: sentence<{ rest: string }>({
    en: ({ rest }) => `What follows is no part of the command and is left out: ${rest}`,
    de: ({ rest }) => `Was folgt, gehört nicht zum Befehl und wurde weggelassen: ${rest}`,
  }),
  remoteCommandLeftOut: sentence<{ command: string }>({
    en: ({ command }) => `The command on the server is left out: ${command}`,
    de: ({ command }) => `Weggelassen wurde der Befehl auf dem Server: ${command}`,
  }),
  proxyCommandIsJump: sentence<{ command: string; hops: string }>({
    en: ({ command, hops }) => `ProxyCommand ${command} is taken as a jump host: ${hops}`,
    de: ({ command, hops }) => `ProxyCommand ${command} gilt als Zwischenhost: ${hops}`,
  }),
  relativePath: sentence<{ path: string }>({
    en: ({ path }) => `${path} is a relative path; Holdfast looks for it in your home folder.`,
    de: ({ path }) => `${path} ist ein relativer Pfad; Holdfast sucht ihn in deinem Home-Ordner.`,
  }),
  maybeAlias: sentence<{ host: string }>({
    en: ({ host }) =>
      `If ${host} is an alias of your ~/.ssh/config, import it from there: what that file says is not read here.`,
    de: ({ host }) =>
      `Wenn ${host} ein Alias aus deiner ~/.ssh/config ist, importiere ihn von dort: was diese Datei sagt, wird hier nicht gelesen.`,
  }),
  userOfRunner: sentence<{ user: string }>({
    en: ({ user }) => `The user at the server is ${user}, as for the ssh that ${user} runs.`,
    de: ({ user }) => `Der Benutzer am Server ist ${user}, wie beim ssh, das ${user} startet.`,
  }),
  startsByHand: {
    en: 'Its connection runs a command, so it starts when you switch it on (start = "manual").',
    de: 'Seine Verbindung führt einen Befehl aus, also startet er, wenn du ihn einschaltest (start = "manual").',
  },
  typographicMarks: sentence<{ marks: readonly string[] }>({
    en: ({ marks }) => `Typographic marks were read as plain ones: ${marks.join(' ')}`,
    de: ({ marks }) => `Typografische Zeichen wurden als einfache gelesen: ${marks.join(' ')}`,
  }),
  loopLeftOut: {
    en: 'The loop is left out: Holdfast connects again by itself.',
    de: 'Die Schleife wurde weggelassen: Holdfast verbindet sich von selbst neu.',
  },
  timesLeftOut: {
    en: 'The times of the crontab are left out: Holdfast keeps the tunnel up by itself.',
    de: 'Die Zeiten der Crontab wurden weggelassen: Holdfast hält den Tunnel von selbst oben.',
  },
  unitLeftOut: {
    en: 'Of the unit only ExecStart, Environment and User are read: Holdfast keeps the tunnel up by itself.',
    de: 'Von der Unit werden nur ExecStart, Environment und User gelesen: Holdfast hält den Tunnel von selbst oben.',
  },
  passwordLeftOut: {
    en: 'sshpass is left out, with its password: Holdfast asks for the password and can keep it in the keychain.',
    de: 'sshpass wurde weggelassen, mit seinem Passwort: Holdfast fragt nach dem Passwort und kann es im Schlüsselbund merken.',
  },

  // Why a flag, a variable or a program in front is left out: completes `sshOption.leftOut`.
  forwardsNoWindows: { en: 'Holdfast forwards no windows', de: 'Holdfast leitet keine Fenster weiter' },
  noKerberos: {
    en: 'Holdfast does not log in with Kerberos',
    de: 'Holdfast meldet sich nicht mit Kerberos an',
  },
  sharesByItself: {
    en: 'Holdfast shares its logins by itself',
    de: 'Holdfast teilt seine Anmeldungen von selbst',
  },
  fileNotRead: {
    en: 'options of that file are not read; import its hosts instead',
    de: 'Optionen aus dieser Datei werden nicht gelesen; importiere stattdessen ihre Hosts',
  },
  logOfEachTunnel: {
    en: 'Holdfast keeps a log of each tunnel',
    de: 'Holdfast führt für jeden Tunnel ein Protokoll',
  },
  addressNotInterface: {
    en: 'Holdfast dials from an address (-b), not from an interface',
    de: 'Holdfast verbindet von einer Adresse aus (-b), nicht von einer Schnittstelle',
  },
  cardsFromAgent: {
    en: 'Holdfast takes smart cards from the agent only',
    de: 'Smartcards nimmt Holdfast nur vom Agenten',
  },
  portsNotInput: {
    en: 'Holdfast forwards ports, not its own input and output',
    de: 'Holdfast leitet Ports weiter, nicht seine Ein- und Ausgabe',
  },
  portsNotNetworks: {
    en: 'Holdfast forwards ports, not networks',
    de: 'Holdfast leitet Ports weiter, keine Netze',
  },
  forwardsAreThePoint: {
    en: 'the forwards are what the tunnel is for',
    de: 'der Tunnel ist für die Weiterleitungen da',
  },
  setsNoVariables: { en: 'Holdfast sets no variables', de: 'Holdfast setzt keine Variablen' },
  keyAndValue: { en: 'expected Key=Value', de: 'erwartet wird Name=Wert' },
  noSuchOption: { en: 'ssh has no such option', de: 'diese Option hat ssh nicht' },
  noSuchSeconds: {
    en: 'that is no number of seconds that it can be',
    de: 'eine solche Zahl von Sekunden ist nicht möglich',
  },
  starts: { en: 'expected -1 or a number from 1', de: 'erwartet wird -1 oder eine Zahl ab 1' },
  noMonitorPort: { en: 'that is no monitor port', de: 'das ist kein Port zum Überwachen' },
  runsAsYou: {
    en: "Holdfast logs in as the person who runs it, with that person's keys",
    de: 'Holdfast meldet sich als die Person an, die es startet, mit ihren Schlüsseln',
  },
  setAProxy: {
    en: 'how it reaches the network is not known here; set a proxy at the host',
    de: 'wie er ins Netz kommt, ist hier nicht bekannt; setze einen Proxy beim Host',
  },
  staysUp: {
    en: 'a tunnel stays up until it is switched off; max-lifetime ends one after a time',
    de: 'ein Tunnel bleibt oben, bis er ausgeschaltet wird; max-lifetime beendet einen nach einer Zeit',
  },
};

export const sshCommand = sayings('sshCommand', sshCommandSentences);
