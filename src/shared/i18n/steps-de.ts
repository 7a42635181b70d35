import type { Phrase } from './phrases.ts';

/** What the engine advises to do now, in German. */
export const stepsDe: readonly Phrase[] = [
  [
    'Bring the tunnel up again when you can finish the login; the server asks anew then.',
    'Starte den Tunnel wieder, wenn du die Anmeldung abschließen kannst; der Server fragt dann neu.',
  ],
  [
    'Ask the owner of the server whether that is its key. If so, put the fingerprint into host-key-pins of {0}, or the key, as ssh-keyscan prints it, into known_hosts.',
    'Frage den Betreiber des Servers, ob das sein Schlüssel ist. Wenn ja, setze den Fingerabdruck in host-key-pins von {0}, oder den Schlüssel, wie ssh-keyscan ihn ausgibt, in known_hosts.',
  ],
  [
    'Ask the owner of the server to offer a plain Ed25519 or RSA host key too.',
    'Bitte den Betreiber des Servers, auch einen einfachen Host-Schlüssel (Ed25519 oder RSA) anzubieten.',
  ],
  [
    'Add the key to the agent with ssh-add: Holdfast uses a FIDO key only through an agent.',
    'Gib dem Agenten den Schlüssel mit ssh-add: FIDO-Schlüssel benutzt Holdfast nur über einen Agenten.',
  ],
  [
    'Ask the owner of {0} how to log in: it turned the login down without a question.',
    'Frage den Betreiber von {0}, wie man sich anmeldet: es hat die Anmeldung ohne Frage abgelehnt.',
  ],
  [
    'Ask the owner of {0} to allow publickey, password or keyboard-interactive: Holdfast logs in only by these.',
    'Bitte den Betreiber von {0}, publickey, password oder keyboard-interactive zu erlauben: nur damit meldet Holdfast sich an.',
  ],
  [
    'The tunnel can be used. If it is given up when idle, set alive-interval = "0s" for this host, or check something behind it with probe.',
    'Der Tunnel ist benutzbar. Wird er im Leerlauf aufgegeben, setze alive-interval = "0s" für diesen Host, oder prüfe mit probe etwas dahinter.',
  ],
  [
    'The tunnel works as far as {0}. Start the service or correct the target{1}.',
    'Der Tunnel reicht bis {0}. Starte den Dienst, oder korrigiere das Ziel{1}.',
  ],
  [
    '; or its sshd forbids it (AllowStreamLocalForwarding)',
    '; oder sein sshd verbietet es (AllowStreamLocalForwarding)',
  ],
  [
    'Ask the owner of the server for a current Ed25519 or RSA host key.',
    'Bitte den Betreiber des Servers um einen zeitgemäßen Host-Schlüssel (Ed25519 oder RSA).',
  ],
  [
    'Set host-key-alias to a name of letters, digits, dots and dashes.',
    'Setze host-key-alias auf einen Namen aus Buchstaben, Ziffern, Punkten und Strichen.',
  ],
  [
    'Name a file in known-hosts, or trust the key once only.',
    'Nenne eine Datei in known-hosts, oder vertraue dem Schlüssel nur diesmal.',
  ],
  ['Holdfast connects again by itself where it is wanted.', 'Holdfast verbindet von selbst neu, wo es gebraucht wird.'],
  ['Nothing needs to be done.', 'Es ist nichts zu tun.'],
  [
    'Nothing needs to be done: Holdfast connects again. The setting is pool-max-lifetime.',
    'Es ist nichts zu tun: Holdfast verbindet neu. Die Einstellung heißt pool-max-lifetime.',
  ],
  ['Set transport = "ssh2" for {0}, or remove the line.', 'Setze transport = "ssh2" für {0}, oder entferne die Zeile.'],
  [
    'Holdfast goes on waiting and tries again with the next connection.',
    'Holdfast wartet weiter und versucht es mit der nächsten Verbindung neu.',
  ],
  ['Holdfast opens it again by itself.', 'Holdfast öffnet sie von selbst wieder.'],
  ['Raise max-starts, or bring the tunnel up again.', 'Erhöhe max-starts, oder starte den Tunnel neu.'],
  ['Bring it up again, or raise max-lifetime.', 'Starte ihn neu, oder erhöhe max-lifetime.'],
  [
    'Holdfast replaces the connection by itself. If it goes on, look at the probe setting of the tunnel.',
    'Holdfast ersetzt die Verbindung von selbst. Bleibt es dabei, sieh dir die Einstellung probe des Tunnels an.',
  ],
  [
    'The server answers, so the connection stays. Look at what the check asks for, and at the probe setting of the tunnel.',
    'Der Server antwortet, also bleibt die Verbindung. Sieh nach, was die Prüfung fragt, und sieh dir die Einstellung probe des Tunnels an.',
  ],
  [
    'Check the spelling; inside names may need the VPN.',
    'Prüfe die Schreibweise; interne Namen brauchen vielleicht das VPN.',
  ],
  ['Holdfast connects again by itself.', 'Holdfast verbindet von selbst neu.'],
  ['Check address and port.', 'Prüfe Adresse und Port.'],
  ['Start the tunnel again when you want it.', 'Starte den Tunnel neu, wenn du ihn brauchst.'],
  ['Start the tunnel again when you can answer.', 'Starte den Tunnel neu, wenn du antworten kannst.'],
  [
    'Check the fingerprint with the owner of the server. Then add the key to {0}, or set host-key-policy = "ask" and connect again.',
    'Vergleiche den Fingerabdruck mit dem Betreiber des Servers. Nimm den Schlüssel dann in {0} auf, oder setze host-key-policy = "ask" und verbinde neu.',
  ],
  [
    'Ask the owner of the server for its fingerprint. Only if it is the one shown now, {0}, and connect again.',
    'Frage den Betreiber des Servers nach dem Fingerabdruck. Nur wenn es der jetzt gezeigte ist: {0}, und verbinde neu.',
  ],
  [
    "remove the old key with: holdfast known-hosts remove '{0}'",
    "entferne den alten Schlüssel mit: holdfast known-hosts remove '{0}'",
  ],
  ['remove {0} by hand', 'entferne {0} von Hand'],
  [
    'Ask the owner of the server for its fingerprint. Starting the tunnel again asks about the key anew.',
    'Frage den Betreiber des Servers nach dem Fingerabdruck. Ein neuer Start des Tunnels fragt wieder nach dem Schlüssel.',
  ],
  [
    'Ask the owner of the server for its new key. A revoked key is never accepted; holdfast known-hosts shows the line.',
    'Frage den Betreiber des Servers nach dem neuen Schlüssel. Ein widerrufener wird nie angenommen; holdfast known-hosts zeigt die Zeile.',
  ],
  [
    'Check the fingerprint with the owner of the server, then start the tunnel again.',
    'Vergleiche den Fingerabdruck mit dem Betreiber des Servers, dann starte den Tunnel neu.',
  ],
  [
    'Ask the owner of the server for its fingerprint. Only if it is the one shown now, put it into host-key-pins.',
    'Frage den Betreiber des Servers nach dem Fingerabdruck. Nur wenn es der jetzt gezeigte ist, setze ihn in host-key-pins.',
  ],
  ['Look at what it asks with: {0!}', 'Sieh dir an, was es fragt, mit: {0}'],
  ['Set a new one there, for example with: {0!}', 'Setze dort ein neues, etwa mit: {0}'],
  ['Start the agent, or correct "agent" of {0}.', 'Starte den Agenten, oder korrigiere „agent“ von {0}.'],
  ['Correct the file, or "identity" of {0}.', 'Korrigiere die Datei, oder „identity“ von {0}.'],
  [
    'Holdfast stopped after {0} wrong answers, to save you a lock-out. Try again when you have the right one.',
    'Holdfast hat nach {0} falschen Antworten aufgehört, damit du nicht ausgesperrt wirst. Versuche es neu, wenn du die richtige hast.',
  ],
  [
    'Nothing more is answered. Ask the server’s owner what it wants.',
    'Es wird nichts mehr beantwortet. Frage den Betreiber des Servers, was er will.',
  ],
  ['{0} of {1} keys were offered: {2}', '{0} von {1} Schlüsseln wurden angeboten: {2}'],
  ['{0} takes {1}, which "auth-methods" of {2} leaves out.', '{0} nimmt {1}; „auth-methods“ von {2} lässt das aus.'],
  [
    'Name the right key in "identity" of {0} (a .pub file will do) or set identities-only.',
    'Nenne den richtigen Schlüssel in „identity“ von {0} (eine .pub-Datei genügt), oder setze identities-only.',
  ],
  [
    'Check the user name and ~/.ssh/authorized_keys of {0} there.',
    'Prüfe den Benutzernamen und ~/.ssh/authorized_keys von {0} dort.',
  ],
  [
    'Name a key in "identity" of {0}, or add one to the agent.',
    'Nenne einen Schlüssel in „identity“ von {0}, oder gib dem Agenten einen.',
  ],
  ['Check the user name and what {0} allows.', 'Prüfe den Benutzernamen und was {0} erlaubt.'],
  [
    '{0}, or stop the other program. Holdfast tries again by itself.',
    '{0}, oder beende das andere Programm. Holdfast versucht es von selbst neu.',
  ],
  ['Choose another port', 'Wähle einen anderen Port'],
  ['Port {0} is free: use it', 'Port {0} ist frei: nimm ihn'],
  ['Use a port from 1024 up, for example {0}.', 'Nimm einen Port ab 1024, etwa {0}.'],
  [
    'Choose another port, or ask who runs this machine.',
    'Wähle einen anderen Port, oder frage, wer diesen Rechner betreibt.',
  ],
  [
    'See the ranges with: netsh interface ipv4 show excludedportrange protocol=tcp. Choose a port outside them.',
    'Die Bereiche zeigt: netsh interface ipv4 show excludedportrange protocol=tcp. Wähle einen Port außerhalb.',
  ],
  [
    'Use 127.0.0.1, or wait until that network is there. Holdfast tries again by itself.',
    'Nimm 127.0.0.1, oder warte, bis das Netz da ist. Holdfast versucht es von selbst neu.',
  ],
  ['Holdfast tries again by itself.', 'Holdfast versucht es von selbst neu.'],
  ['Its sshd forbids forwarding to {0} ({1}).', 'Sein sshd verbietet Weiterleitungen zu {0} ({1}).'],
  ['AllowTcpForwarding or PermitOpen', 'AllowTcpForwarding oder PermitOpen'],
  [
    'Its SSH server lacks it; use a TCP forward, or another server.',
    'Seinem SSH-Server fehlt sie; nimm eine TCP-Weiterleitung, oder einen anderen Server.',
  ],
  [
    'Close connections that go through it, or raise its limits.',
    'Schließe Verbindungen, die darüber gehen, oder erhöhe seine Grenzen.',
  ],
  [
    'A file is in the way there (perhaps left by a session of your own: remove it, or set StreamLocalBindUnlink yes in its sshd_config), or its sshd forbids it (AllowStreamLocalForwarding).',
    'Dort ist eine Datei im Weg (vielleicht von einer eigenen Sitzung: entferne sie, oder setze StreamLocalBindUnlink yes in seiner sshd_config), oder sein sshd verbietet es (AllowStreamLocalForwarding).',
  ],
  [
    'It is taken there (perhaps by a lost session of your own), or its sshd forbids it (AllowTcpForwarding, PermitListen, GatewayPorts).',
    'Er ist dort belegt (vielleicht von einer verlorenen eigenen Sitzung), oder sein sshd verbietet es (AllowTcpForwarding, PermitListen, GatewayPorts).',
  ],
];
