import { quoted, seconds } from '../parts.ts';
import { type Said, sayings, sentence } from '../said.ts';

/** What servers do between the first byte and the end of a link. */
export const serverSentences = {
  noHello: sentence<{ host: string; limitMs: number }>({
    en: ({ host, limitMs }) => `${host} took the connection but did not say hello in ${seconds(limitMs, 'en')}.`,
    de: ({ host, limitMs }) => `${host} nahm die Verbindung an, meldete sich aber in ${seconds(limitMs, 'de')} nicht.`,
  }),
  slowKeyExchange: sentence<{ host: string; limitMs: number }>({
    en: ({ host, limitMs }) => `${host} did not finish the key exchange in ${seconds(limitMs, 'en')}.`,
    de: ({ host, limitMs }) => `${host} wurde in ${seconds(limitMs, 'de')} mit dem Schlüsselaustausch nicht fertig.`,
  }),
  slowLogin: sentence<{ host: string; limitMs: number }>({
    en: ({ host, limitMs }) => `${host} did not finish the login in ${seconds(limitMs, 'en')}.`,
    de: ({ host, limitMs }) => `${host} wurde in ${seconds(limitMs, 'de')} mit der Anmeldung nicht fertig.`,
  }),
  proxyCommandEnded: sentence<{ host: string; said: string }>({
    en: ({ host, said }) => `The proxy command of ${host} ended: ${said}`,
    de: ({ host, said }) => `Der Proxy-Befehl von ${host} endete: ${said}`,
  }),
  networkGone: sentence<{ host: string }>({
    en: ({ host }) => `The network to ${host} is gone.`,
    de: ({ host }) => `Das Netz zu ${host} ist weg.`,
  }),
  networkWentAway: sentence<{ host: string }>({
    en: ({ host }) => `The network to ${host} went away.`,
    de: ({ host }) => `Das Netz zu ${host} ging verloren.`,
  }),
  linkReset: sentence<{ host: string }>({
    en: ({ host }) => `The connection to ${host} was reset.`,
    de: ({ host }) => `Die Verbindung zu ${host} wurde zurückgesetzt.`,
  }),
  closedWithoutReason: sentence<{ host: string }>({
    en: ({ host }) => `${host} closed the link and gave no reason.`,
    de: ({ host }) => `${host} hat die Verbindung ohne Angabe von Gründen beendet.`,
  }),
  hungUpBeforeHello: sentence<{ host: string }>({
    en: ({ host }) => `${host} hung up before saying hello.`,
    de: ({ host }) => `${host} hat vor dem ersten Wort aufgelegt.`,
  }),
  hungUpInKeyExchange: sentence<{ host: string }>({
    en: ({ host }) => `${host} hung up during the key exchange.`,
    de: ({ host }) => `${host} hat beim Schlüsselaustausch aufgelegt.`,
  }),
  hungUpInLogin: sentence<{ host: string }>({
    en: ({ host }) => `${host} hung up during the login.`,
    de: ({ host }) => `${host} hat bei der Anmeldung aufgelegt.`,
  }),
  refusedAndHungUp: sentence<{ host: string; user: string; reason: Said }>({
    en: ({ host, user, reason }, say) => `${host} refused the login as ${user} and hung up: ${say(reason)}.`,
    de: ({ host, user, reason }, say) =>
      `${host} lehnt die Anmeldung als ${user} ab und hat aufgelegt: ${say(reason)}.`,
  }),
  closed: sentence<{ host: string; reason: Said }>({
    en: ({ host, reason }, say) => `${host} closed the connection: ${say(reason)}.`,
    de: ({ host, reason }, say) => `${host} hat die Verbindung beendet: ${say(reason)}.`,
  }),
  inItsWords: sentence<{ words: string }>({
    en: ({ words }) => quoted(words, 'en'),
    de: ({ words }) => quoted(words, 'de'),
  }),
  reasonNumber: sentence<{ reason: number }>({
    en: ({ reason }) => `reason ${reason}`,
    de: ({ reason }) => `Grund ${reason}`,
  }),

  noProofOfKey: sentence<{ host: string }>({
    en: ({ host }) => `${host} could not prove that it holds its host key.`,
    de: ({ host }) => `${host} konnte nicht beweisen, dass es seinen Host-Schlüssel hat.`,
  }),
  damaged: sentence<{ host: string }>({
    en: ({ host }) => `The data from ${host} arrived damaged.`,
    de: ({ host }) => `Die Daten von ${host} kamen beschädigt an.`,
  }),
  brokeProtocol: sentence<{ host: string; fault: Said }>({
    en: ({ host, fault }, say) => `${host} broke the SSH protocol: ${say(fault)}.`,
    de: ({ host, fault }, say) => `${host} hat das SSH-Protokoll verletzt: ${say(fault)}.`,
  }),
  notSsh: sentence<{ address: string; line: string | null }>({
    en: ({ address, line }) =>
      `What answers at ${address} is not an SSH server${line === null ? '' : `: it says ${quoted(line, 'en')}`}.`,
    de: ({ address, line }) =>
      `Was bei ${address} antwortet, ist kein SSH-Server${line === null ? '' : `: es sagt ${quoted(line, 'de')}`}.`,
  }),
  ssh1: sentence<{ host: string }>({
    en: ({ host }) => `${host} speaks SSH 1, which is not safe.`,
    de: ({ host }) => `${host} spricht SSH 1; das ist nicht sicher.`,
  }),
  endlessHello: sentence<{ host: string }>({
    en: ({ host }) => `${host} says too much before its hello.`,
    de: ({ host }) => `${host} sagt zu viel, bevor es sich meldet.`,
  }),
  noCommonAlgorithm: sentence<{ host: string; kind: Said; offered: readonly string[] }>({
    en: ({ host, kind, offered }, say) =>
      `${host} offers no ${say(kind)} that Holdfast uses${offered.length === 0 ? '' : `: only ${offered.join(', ')}`}.`,
    de: ({ host, kind, offered }, say) =>
      `${host} bietet nichts an, das Holdfast benutzt (${say(kind)})${offered.length === 0 ? '' : `: nur ${offered.join(', ')}`}.`,
  }),
  terrapin: sentence<{ host: string; cipher: string }>({
    en: ({ host, cipher }) =>
      `${host} would use ${cipher} without strict key exchange, which is open to the Terrapin attack.`,
    de: ({ host, cipher }) =>
      `${host} würde ${cipher} ohne strengen Schlüsselaustausch benutzen; das ist für den Terrapin-Angriff offen.`,
  }),
  otherHostKey: sentence<{ host: string }>({
    en: ({ host }) => `${host} showed another host key in the middle of the link.`,
    de: ({ host }) => `${host} hat mitten in der Verbindung einen anderen Host-Schlüssel gezeigt.`,
  }),
  silent: sentence<{ host: string; silentMs: number }>({
    en: ({ host, silentMs }) => `${host} has been silent for ${seconds(silentMs, 'en')}.`,
    de: ({ host, silentMs }) => `${host} schweigt seit ${seconds(silentMs, 'de')}.`,
  }),
  givenUp: sentence<{ host: string }>({
    en: ({ host }) => `The attempt to connect ${host} was given up.`,
    de: ({ host }) => `Der Versuch, ${host} zu verbinden, wurde aufgegeben.`,
  }),

  // What is negotiated.
  keyExchanges: { en: 'key exchange', de: 'Schlüsselaustausch' },
  hostKeyTypes: { en: 'host key types', de: 'Typen von Host-Schlüsseln' },
  ciphers: { en: 'ciphers', de: 'Chiffren' },
  macs: { en: 'MACs', de: 'MACs' },
  compression: { en: 'compression', de: 'Kompression' },
  otherKind: sentence<{ name: string }>({ en: ({ name }) => name, de: ({ name }) => name }),

  // How a server broke the protocol: completes `brokeProtocol`.
  inWordsOfSsh2: sentence<{ words: string }>({ en: ({ words }) => words, de: ({ words }) => words }),
  noDetail: { en: 'no detail', de: 'ohne Einzelheiten' },
  groupBits: sentence<{ bits: number; least: number; most: number }>({
    en: ({ bits, least, most }) => `its group for the key exchange has ${bits} bits, not ${least} to ${most}`,
    de: ({ bits, least, most }) =>
      `seine Gruppe für den Schlüsselaustausch hat ${bits} Bit, nicht ${least} bis ${most}`,
  }),
  groupWithoutPrime: {
    en: 'its group for the key exchange has no prime',
    de: 'in seiner Gruppe für den Schlüsselaustausch fehlt die Primzahl',
  },
  groupWithoutGenerator: {
    en: 'its group for the key exchange has no generator',
    de: 'in seiner Gruppe für den Schlüsselaustausch fehlt der Generator',
  },
  publicValue: {
    en: 'its public value for the key exchange is out of range',
    de: 'sein öffentlicher Wert für den Schlüsselaustausch liegt außerhalb des Bereichs',
  },
  hostKeyBits: sentence<{ type: string; bits: number; least: number; most: number }>({
    en: ({ type, bits, least, most }) => `its ${type} host key has ${bits} bits, not ${least} to ${most}`,
    de: ({ type, bits, least, most }) => `sein ${type}-Host-Schlüssel hat ${bits} Bit, nicht ${least} bis ${most}`,
  }),
  hostKeyExponent: {
    en: 'its RSA host key has an exponent that nobody uses',
    de: 'sein RSA-Host-Schlüssel hat einen Exponenten, den niemand benutzt',
  },
  hostKeyMalformed: { en: 'its host key is malformed', de: 'sein Host-Schlüssel ist fehlerhaft aufgebaut' },
  packetMalformed: { en: 'a packet of it is malformed', de: 'ein Paket von ihm ist fehlerhaft aufgebaut' },
  packedTooMuch: { en: 'it packs too much into one packet', de: 'es packt zu viel in ein einziges Paket' },
  overran: { en: 'it sent more than it was allowed to', de: 'es hat mehr gesendet, als ihm erlaubt war' },
  readsNoReplies: {
    en: 'it asks for answers that it does not read',
    de: 'es verlangt Antworten, die es nicht liest',
  },
  asksInKeyExchange: {
    en: 'it asks for answers in the middle of a key exchange, without end',
    de: 'es verlangt mitten im Schlüsselaustausch ohne Ende Antworten',
  },
  smallPackets: sentence<{ bytes: number; least: number }>({
    en: ({ bytes, least }) => `it takes ${bytes} bytes a packet in a channel, fewer than ${least}`,
    de: ({ bytes, least }) => `es nimmt in einem Kanal ${bytes} Byte je Paket, weniger als ${least}`,
  }),

  // What to do.
  maybeOverloaded: sentence<{ host: string; nextMs: number }>({
    en: ({ host, nextMs }) =>
      `The server may be overloaded or look up names in vain (UseDNS), or something other than SSH listens there. The next try waits ${seconds(nextMs, 'en')}; if it is always so slow, raise connect-timeout of ${host}.`,
    de: ({ host, nextMs }) =>
      `Der Server ist vielleicht überlastet oder sucht vergeblich nach Namen (UseDNS), oder dort lauscht etwas anderes als SSH. Der nächste Versuch wartet ${seconds(nextMs, 'de')}; ist er immer so langsam, erhöhe connect-timeout von ${host}.`,
  }),
  maybeMtu: sentence<{ host: string; nextMs: number }>({
    en: ({ host, nextMs }) =>
      `The line may drop large packets (MTU), or the server is overloaded. The next try waits ${seconds(nextMs, 'en')}; if it is always so slow, raise connect-timeout of ${host}.`,
    de: ({ host, nextMs }) =>
      `Vielleicht verliert die Leitung große Pakete (MTU), oder der Server ist überlastet. Der nächste Versuch wartet ${seconds(nextMs, 'de')}; ist er immer so langsam, erhöhe connect-timeout von ${host}.`,
  }),
  maybeDirectory: {
    en: 'The server may be waiting for its own directory service; see its log.',
    de: 'Vielleicht wartet der Server auf seinen Verzeichnisdienst; sieh in sein Protokoll.',
  },
  runCommandByHand: {
    en: 'Run the command by hand to see what it says.',
    de: 'Führe den Befehl von Hand aus und sieh, was er sagt.',
  },
  connectsAgain: { en: 'Holdfast connects again by itself.', de: 'Holdfast verbindet von selbst neu.' },
  connectsAgainSeeLog: {
    en: 'Holdfast connects again by itself; the log of its sshd may tell why.',
    de: 'Holdfast verbindet von selbst neu; das Protokoll seines sshd sagt vielleicht, warum.',
  },
  busyBlockedOrNoSsh: {
    en: 'It may be too busy (MaxStartups), your address may be blocked (fail2ban), or there is no SSH on this port.',
    de: 'Vielleicht ist er zu beschäftigt (MaxStartups), deine Adresse ist gesperrt (fail2ban), oder an diesem Port ist kein SSH.',
  },
  busyOrRefuses: {
    en: 'It may be too busy (MaxStartups) or refuse what was offered; see the log of its sshd.',
    de: 'Vielleicht ist er zu beschäftigt (MaxStartups) oder lehnt das Angebotene ab; sieh in das Protokoll seines sshd.',
  },
  timeOrTriesOver: {
    en: 'Its time or its number of tries may be over (LoginGraceTime, MaxAuthTries); see the log of its sshd.',
    de: 'Vielleicht ist seine Frist oder die Zahl der Versuche um (LoginGraceTime, MaxAuthTries); sieh in das Protokoll seines sshd.',
  },
  fewerKeys: {
    en: 'Fewer keys may help: name the right one in identity and set identities-only = true.',
    de: 'Weniger Schlüssel helfen vielleicht: nenne den richtigen in identity und setze identities-only = true.',
  },
  triesAgainSeeLog: {
    en: 'Holdfast tries again by itself; the log of its sshd may tell more.',
    de: 'Holdfast versucht es von selbst neu; das Protokoll seines sshd sagt vielleicht mehr.',
  },
  checkNetworkFirst: {
    en: 'Something on the way may answer in its place; check the network before you try again.',
    de: 'Vielleicht antwortet unterwegs etwas an seiner Stelle; prüfe das Netz, bevor du es neu versuchst.',
  },
  lookBetween: {
    en: 'Holdfast tries again by itself; if it stays, look at what is between here and there.',
    de: 'Holdfast versucht es von selbst neu; bleibt es dabei, sieh nach, was dazwischen liegt.',
  },
  updateIts: { en: 'Update its SSH server.', de: 'Aktualisiere seinen SSH-Server.' },
  checkAddressAndPort: { en: 'Check address and port.', de: 'Prüfe Adresse und Port.' },
  tarPit: {
    en: 'Something other than SSH, or a tar pit, listens there. Check address and port.',
    de: 'Dort lauscht etwas anderes als SSH, oder eine Falle. Prüfe Adresse und Port.',
  },
  update: { en: 'Update the server.', de: 'Aktualisiere den Server.' },
  offerToo: sentence<{ algorithm: string }>({
    en: ({ algorithm }) => `Let the server offer ${algorithm} too.`,
    de: ({ algorithm }) => `Lass den Server auch ${algorithm} anbieten.`,
  }),
  offerNoCompression: {
    en: 'Let the server offer "none" as compression too.',
    de: 'Lass den Server auch „none“ als Kompression anbieten.',
  },
  allowLegacy: sentence<{ host: string; algorithms: readonly string[] }>({
    en: ({ host, algorithms }) =>
      `Update the server, or allow ${algorithms.join(' or ')} for ${host} alone with legacy-algorithms.`,
    de: ({ host, algorithms }) =>
      `Aktualisiere den Server, oder erlaube ${algorithms.join(' oder ')} nur für ${host} mit legacy-algorithms.`,
  }),
  takeOutCipher: {
    en: 'Update the server, or take this cipher out of legacy-algorithms of this host.',
    de: 'Aktualisiere den Server, oder nimm diese Chiffre aus legacy-algorithms dieses Hosts.',
  },
  askOwner: {
    en: 'Something on the way may answer in its place; check with the owner of the server before you try again.',
    de: 'Vielleicht antwortet unterwegs etwas an seiner Stelle; frage den Betreiber des Servers, bevor du es neu versuchst.',
  },
  startAgain: {
    en: 'Start the tunnel again when you want it.',
    de: 'Starte den Tunnel neu, wenn du ihn brauchst.',
  },
};

export const server = sayings('server', serverSentences);
