import { seconds } from '../parts.ts';
import { type Said, sayings, sentence } from '../said.ts';

/** Names and ways: resolver, sockets, jump hosts. */
export const dialSentences = {
  offline: { en: 'This computer is offline.', de: 'Dieser Rechner ist offline.' },
  nameServerSilent: sentence<{ name: string }>({
    en: ({ name }) => `The name server did not answer for ${name}.`,
    de: ({ name }) => `Der Nameserver hat für ${name} nicht geantwortet.`,
  }),
  nameServerSlow: sentence<{ name: string; limitMs: number }>({
    en: ({ name, limitMs }) => `No answer from the name server for ${name} in ${seconds(limitMs, 'en')}.`,
    de: ({ name, limitMs }) => `Vom Nameserver kam für ${name} in ${seconds(limitMs, 'de')} keine Antwort.`,
  }),
  noAddress: sentence<{ name: string }>({
    en: ({ name }) => `No address for ${name}.`,
    de: ({ name }) => `Keine Adresse für ${name}.`,
  }),
  refused: sentence<{ to: string }>({
    en: ({ to }) => `${to} refuses the connection.`,
    de: ({ to }) => `${to} lehnt die Verbindung ab.`,
  }),
  reset: sentence<{ to: string }>({
    en: ({ to }) => `${to} reset the connection.`,
    de: ({ to }) => `${to} hat die Verbindung zurückgesetzt.`,
  }),
  noSuchBindAddress: sentence<{ address: string }>({
    en: ({ address }) => `This computer does not have the address ${address} to dial from.`,
    de: ({ address }) => `Dieser Rechner hat die Adresse ${address} nicht, von der aus er verbinden soll.`,
  }),
  noRoute: sentence<{ to: string }>({
    en: ({ to }) => `There is no route to ${to}.`,
    de: ({ to }) => `Es gibt keinen Weg zu ${to}.`,
  }),
  notAllowed: sentence<{ to: string }>({
    en: ({ to }) => `This computer does not let Holdfast connect to ${to}.`,
    de: ({ to }) => `Dieser Rechner lässt Holdfast nicht zu ${to} verbinden.`,
  }),
  noFileHandles: { en: 'This computer has no free file handles.', de: 'Dieser Rechner hat keine freien Dateihandles.' },
  unreachable: sentence<{ to: string; why: string }>({
    en: ({ to, why }) => `${to} could not be reached: ${why}.`,
    de: ({ to, why }) => `${to} ist nicht zu erreichen: ${why}.`,
  }),
  noAnswer: sentence<{ to: string; limitMs: number }>({
    en: ({ to, limitMs }) => `${to} does not answer: nothing came in ${seconds(limitMs, 'en')}.`,
    de: ({ to, limitMs }) => `${to} antwortet nicht: in ${seconds(limitMs, 'de')} kam nichts.`,
  }),
  jumpForbidden: sentence<{ host: string; to: string }>({
    en: ({ host, to }) => `The jump host does not let Holdfast go on to ${host} (${to}).`,
    de: ({ host, to }) => `Der Zwischenhost lässt Holdfast nicht weiter zu ${host} (${to}).`,
  }),
  jumpFailed: sentence<{ host: string; why: Said | string }>({
    en: ({ host, why }, say) => `The jump host could not reach ${host}: ${say(why)}`,
    de: ({ host, why }, say) => `Der Zwischenhost erreicht ${host} nicht: ${say(why)}`,
  }),

  untilNetwork: {
    en: 'Holdfast goes on the moment the network is back.',
    de: 'Holdfast macht weiter, sobald das Netz wieder da ist.',
  },
  checkNetworkOrName: {
    en: 'Check the network; inside names may need the VPN.',
    de: 'Prüfe das Netz; interne Namen brauchen vielleicht das VPN.',
  },
  checkSpelling: {
    en: 'Check the spelling; inside names may need the VPN.',
    de: 'Prüfe die Schreibweise; interne Namen brauchen vielleicht das VPN.',
  },
  checkSshd: {
    en: 'Check that sshd runs there and that the port is right.',
    de: 'Prüfe, ob sshd dort läuft und ob der Port stimmt.',
  },
  firewallOrLoad: {
    en: 'A firewall or an overloaded server does that; see its log.',
    de: 'Das tut eine Firewall oder ein überlasteter Server; sieh in sein Protokoll.',
  },
  correctBindAddress: {
    en: 'Correct bind-address, or bring up the network or VPN that has it.',
    de: 'Korrigiere bind-address, oder schalte das Netz oder VPN ein, das sie hat.',
  },
  checkNetwork: {
    en: 'Check the network, and the VPN if it needs one.',
    de: 'Prüfe das Netz, und das VPN, falls es eines braucht.',
  },
  checkAddressOrVpn: {
    en: 'Check the address, and the VPN if it needs one.',
    de: 'Prüfe die Adresse, und das VPN, falls es eines braucht.',
  },
  checkFirewall: { en: 'Check the local firewall.', de: 'Prüfe die Firewall dieses Rechners.' },
  freeHandles: {
    en: 'Close other programs or raise the limit (ulimit -n).',
    de: 'Schließe andere Programme, oder erhöhe die Grenze (ulimit -n).',
  },
  checkAddress: { en: 'Check the address and the network.', de: 'Prüfe die Adresse und das Netz.' },
  checkBehindJump: sentence<{ to: string }>({
    en: ({ to }) => `Check that sshd runs at ${to} and that the jump host may reach it.`,
    de: ({ to }) => `Prüfe, ob sshd bei ${to} läuft und ob der Zwischenhost dorthin darf.`,
  }),
};

export const dial = sayings('dial', dialSentences);
