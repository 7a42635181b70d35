import { type Phrase, phraseBook } from './phrases.ts';

/** What the engine says of the network and of servers. */
const servers: readonly Phrase[] = [
  ['What answers at {0} is not an SSH server{1}.', 'Was bei {0} antwortet, ist kein SSH-Server{1}.'],
  [': it says "{0}"', ': es sagt „{0}“'],
  ['{0} offers no {1} that Holdfast uses{2}.', '{0} bietet nichts an, das Holdfast benutzt ({1}){2}.'],
  [': only {0}', ': nur {0}'],
  [
    'The connection to {0} went with its jump host {1}: {2}',
    'Die Verbindung zu {0} ging mit ihrem Zwischenhost {1} verloren: {2}',
  ],
  [
    'The connection to {0} went with its jump host {1}.',
    'Die Verbindung zu {0} ging mit ihrem Zwischenhost {1} verloren.',
  ],
  ['The connection to {0} is being replaced by a new one.', 'Die Verbindung zu {0} wird durch eine neue ersetzt.'],
  [
    'The connection to {0} reached the age at which the settings end it.',
    'Die Verbindung zu {0} hat das Alter erreicht, in dem die Einstellungen sie beenden.',
  ],
  ['Holdfast closed the connection to {0}.', 'Holdfast hat die Verbindung zu {0} beendet.'],
  [
    '{0} is set to the openssh transport, which this version cannot use.',
    '{0} ist auf den Transport openssh gestellt, den diese Version nicht benutzen kann.',
  ],
  ['The health check ended with {0}.', 'Die Prüfung endete mit {0}.'],
  [
    'The server did not say which port it opened for the loop.',
    'Der Server sagte nicht, welchen Port er für die Schleife geöffnet hat.',
  ],
  ['Other bytes came back than were sent.', 'Es kamen andere Bytes zurück, als gesendet wurden.'],
  ['The channel closed before the message came back.', 'Der Kanal schloss, bevor die Nachricht zurückkam.'],
  ['The check was called off.', 'Die Prüfung wurde abgebrochen.'],
  ['No answer came within {0} s.', 'In {0} s kam keine Antwort.'],
  ['The tunnel reached its longest lifetime of {0} s.', 'Der Tunnel hat seine längste Lebenszeit von {0} s erreicht.'],
  ['This computer is offline.', 'Dieser Rechner ist offline.'],
  ['The name server did not answer for {0}.', 'Der Nameserver hat für {0} nicht geantwortet.'],
  ['No address for {0}.', 'Keine Adresse für {0}.'],
  ['No answer from the name server for {0} in {1}.', 'Vom Nameserver kam für {0} in {1} keine Antwort.'],
  ['{0} refuses the connection.', '{0} lehnt die Verbindung ab.'],
  ['{0} reset the connection.', '{0} hat die Verbindung zurückgesetzt.'],
  [
    'This computer does not have the address {0} to dial from.',
    'Dieser Rechner hat die Adresse {0} nicht, von der aus er verbinden soll.',
  ],
  ['There is no route to {0}.', 'Es gibt keinen Weg zu {0}.'],
  ['This computer does not let Holdfast connect to {0}.', 'Dieser Rechner lässt Holdfast nicht zu {0} verbinden.'],
  ['This computer has no free file handles.', 'Dieser Rechner hat keine freien Dateihandles.'],
  ['{0} could not be reached: {1}.', '{0} ist nicht zu erreichen: {1}.'],
  ['{0} does not answer: nothing came in {1}.', '{0} antwortet nicht: in {1} kam nichts.'],
  [
    'The jump host does not let Holdfast go on to {0} ({1}).',
    'Der Zwischenhost lässt Holdfast nicht weiter zu {0} ({1}).',
  ],
  ['The jump host could not reach {0}: {1}', 'Der Zwischenhost erreicht {0} nicht: {1}'],
  [
    '{0} took the connection but did not say hello in {1}.',
    '{0} nahm die Verbindung an, meldete sich aber in {1} nicht.',
  ],
  ['{0} did not finish the key exchange in {1}.', '{0} wurde in {1} mit dem Schlüsselaustausch nicht fertig.'],
  ['{0} did not finish the login in {1}.', '{0} wurde in {1} mit der Anmeldung nicht fertig.'],
  ['The proxy command of {0} ended: {1}', 'Der Proxy-Befehl von {0} endete: {1}'],
  ['The network to {0} is gone.', 'Das Netz zu {0} ist weg.'],
  ['The network to {0} went away.', 'Das Netz zu {0} ging verloren.'],
  ['The connection to {0} was reset.', 'Die Verbindung zu {0} wurde zurückgesetzt.'],
  ['{0} closed the link and gave no reason.', '{0} hat die Verbindung ohne Angabe von Gründen beendet.'],
  ['{0} hung up before saying hello.', '{0} hat vor dem ersten Wort aufgelegt.'],
  ['{0} hung up during the key exchange.', '{0} hat beim Schlüsselaustausch aufgelegt.'],
  ['{0} hung up during the login.', '{0} hat bei der Anmeldung aufgelegt.'],
  ['{0} refused the login as {1} and hung up: {2}.', '{0} lehnt die Anmeldung als {1} ab und hat aufgelegt: {2}.'],
  ['{0} closed the connection: {1}.', '{0} hat die Verbindung beendet: {1}.'],
  ['{0} could not prove that it holds its host key.', '{0} konnte nicht beweisen, dass es seinen Host-Schlüssel hat.'],
  ['The data from {0} arrived damaged.', 'Die Daten von {0} kamen beschädigt an.'],
  ['{0} broke the SSH protocol: {1}.', '{0} hat das SSH-Protokoll verletzt: {1}.'],
  ['{0} speaks SSH 1, which is not safe.', '{0} spricht SSH 1; das ist nicht sicher.'],
  ['{0} says too much before its hello.', '{0} sagt zu viel, bevor es sich meldet.'],
  [
    '{0} would use {1} without strict key exchange, which is open to the Terrapin attack.',
    '{0} würde {1} ohne strengen Schlüsselaustausch benutzen; das ist für den Terrapin-Angriff offen.',
  ],
  [
    '{0} showed another host key in the middle of the link.',
    '{0} hat mitten in der Verbindung einen anderen Host-Schlüssel gezeigt.',
  ],
  ['{0} has been silent for {1}.', '{0} schweigt seit {1}.'],
  ['The attempt to connect {0} was given up.', 'Der Versuch, {0} zu verbinden, wurde aufgegeben.'],
  ['The connection to {0} was lost.', 'Die Verbindung zu {0} ging verloren.'],
  ['The connection to {0} was closed on this side.', 'Die Verbindung zu {0} wurde auf dieser Seite beendet.'],
  ['The link to {0} is closed.', 'Die Verbindung zu {0} ist zu.'],
];

/** Host keys and logins. */
const logins: readonly Phrase[] = [
  [
    '{0} shows a host key that cannot be read, or one that is too short to be safe.',
    '{0} zeigt einen Host-Schlüssel, der nicht zu lesen oder zu kurz ist, um sicher zu sein.',
  ],
  [
    'A key cannot be kept under the name {0}: it would mean something else in known_hosts.',
    'Unter dem Namen {0} lässt sich kein Schlüssel merken: in known_hosts hieße er etwas anderes.',
  ],
  [
    'No known_hosts file is configured for {0}, so its key cannot be kept.',
    'Für {0} ist keine known_hosts-Datei eingestellt; der Schlüssel lässt sich nicht merken.',
  ],
  [
    '{0} is to be checked by a certificate authority ({1}), and Holdfast does not know host certificates. The server shows the plain {2}, which is not known.',
    '{0} soll durch eine Zertifizierungsstelle geprüft werden ({1}), und Holdfast kennt keine Host-Zertifikate. Der Server zeigt den einfachen {2}; der ist nicht bekannt.',
  ],
  [
    '{0} shows a host certificate, which Holdfast does not know how to check.',
    '{0} zeigt ein Host-Zertifikat; das kann Holdfast nicht prüfen.',
  ],
  [
    '{0} shows another key than the one that is trusted. Trusted: {1} ({2}). Shown now: {3}. Either the server was reinstalled, or another machine answers in its place. Nothing secret was sent.',
    '{0} zeigt einen anderen Schlüssel als den, dem du vertraust. Vertraut: {1} ({2}). Jetzt gezeigt: {3}. Entweder wurde der Server neu aufgesetzt, oder ein anderer Rechner antwortet an seiner Stelle. Nichts Geheimes wurde gesendet.',
  ],
  [
    '{0} shows another key than the one that was trusted for this connection. Trusted once: {1}. Shown now: {2}. Nothing secret was sent.',
    '{0} zeigt einen anderen Schlüssel als den, dem du für diese Verbindung vertraut hast. Einmal vertraut: {1}. Jetzt gezeigt: {2}. Nichts Geheimes wurde gesendet.',
  ],
  [
    '{0} shows the {1}, which is not known, and only known keys are allowed for {2}.',
    '{0} zeigt den {1}; der ist nicht bekannt, und für {2} sind nur bekannte Schlüssel erlaubt.',
  ],
  [
    '{0} shows the {1}, which is revoked: {2} in {3}. Somebody may use a stolen key. Nothing secret was sent.',
    '{0} zeigt den {1}; der ist widerrufen: {2} in {3}. Vielleicht benutzt jemand einen gestohlenen Schlüssel. Nichts Geheimes wurde gesendet.',
  ],
  ['The {0} of {1} was not trusted.', 'Dem {0} von {1} wurde nicht vertraut.'],
  [
    '{0} shows the {1}, which is not in host-key-pins ({2}). Nothing secret was sent.',
    '{0} zeigt den {1}; der steht nicht in host-key-pins ({2}). Nichts Geheimes wurde gesendet.',
  ],
  ['{0} key SHA256:{1}', '{0}-Schlüssel SHA256:{1}'],
  ['{0} line {1}', '{0} Zeile {1}'],
  ['{0} refused the login as {1}: {2}.', '{0} lehnt die Anmeldung als {1} ab: {2}.'],
  ['{0} refused the login as {1}; {2}.', '{0} lehnt die Anmeldung als {1} ab; {2}.'],
  [
    '{0} offers no way to log in as {1} that is set up here; {2}.',
    '{0} bietet keinen Weg, sich als {1} anzumelden, der hier eingerichtet ist; {2}.',
  ],
  [
    '{0} offers no way to log in as {1} that is set up here.',
    '{0} bietet keinen Weg, sich als {1} anzumelden, der hier eingerichtet ist.',
  ],
  ['the key offered ({0}) was turned down', 'der angebotene Schlüssel ({0}) wurde abgelehnt'],
  ['both keys offered were turned down', 'beide angebotenen Schlüssel wurden abgelehnt'],
  ['all {0} keys offered were turned down', 'alle {0} angebotenen Schlüssel wurden abgelehnt'],
  ['the saved password was turned down', 'das gespeicherte Passwort wurde abgelehnt'],
  ['{0} was right, but more is needed', '{0} stimmte, es fehlt aber noch etwas'],
  ['it still takes {0}', 'es nimmt noch {0}'],
  ['The password of {0} at {1} has expired.', 'Das Passwort von {0} bei {1} ist abgelaufen.'],
  ['{0} asked {1}, and Holdfast stopped answering.', '{0} fragte {1}; Holdfast antwortet nicht mehr.'],
  ['more than {0} times', 'öfter als {0}-mal'],
  ['{0} things at once', 'nach {0} Dingen auf einmal'],
  ['The question of {0} was cancelled.', 'Die Frage von {0} wurde abgebrochen.'],
  ['1 password turned down', 'ein Passwort abgelehnt'],
  ['{0#} passwords turned down', '{0} Passwörter abgelehnt'],
  ['1 answer turned down', 'eine Antwort abgelehnt'],
  ['{0#} answers turned down', '{0} Antworten abgelehnt'],
  ['1 more key was not offered', 'ein weiterer Schlüssel wurde nicht angeboten'],
  ['{0#} more keys were not offered', '{0} weitere Schlüssel wurden nicht angeboten'],
  ['{0} and {1}', '{0} und {1}'],
];

/** Forwards and their ports. */
const forwards: readonly Phrase[] = [
  ['{0} has no room for another channel{1}.', '{0} hat keinen Platz für einen weiteren Kanal{1}.'],
  ['{0} did not open a session{1}.', '{0} hat keine Sitzung geöffnet{1}.'],
  ['From {0}, {1} cannot be reached{2}.', 'Von {0} aus ist {1} nicht zu erreichen{2}.'],
  [
    'The server did not answer within {0} s whether it opens this forward.',
    'Der Server hat in {0} s nicht gesagt, ob er diese Weiterleitung öffnet.',
  ],
  ['The forward stopped listening.', 'Die Weiterleitung lauscht nicht mehr.'],
  ['Port {0} here is taken by {1}.', 'Port {0} hier belegt {1}.'],
  [
    'No port from {0} to {1} is free here; {2} is taken by {3}.',
    'Kein Port von {0} bis {1} ist hier frei; {2} belegt {3}.',
  ],
  ['another program', 'ein anderes Programm'],
  ['the program with pid {0}', 'das Programm mit der PID {0}'],
  ['Holdfast itself (pid {0})', 'Holdfast selbst (PID {0})'],
  ['tunnel {0}', 'Tunnel {0}'],
  ['{0} (pid {1})', '{0} (PID {1})'],
  [
    'Ports below 1024 need more rights than this account has (port {0}).',
    'Ports unter 1024 brauchen mehr Rechte, als dieses Konto hat (Port {0}).',
  ],
  ['This account may not listen on port {0}.', 'Dieses Konto darf auf Port {0} nicht lauschen.'],
  [
    'Windows keeps port {0} back, often in a range reserved for Hyper-V.',
    'Windows hält Port {0} zurück, oft in einem Bereich für Hyper-V.',
  ],
  ['This machine has no address {0} now.', 'Dieser Rechner hat die Adresse {0} gerade nicht.'],
  [
    'The system does not let Holdfast listen on port {0} ({1}).',
    'Das System lässt Holdfast auf Port {0} nicht lauschen ({1}).',
  ],
  ['{0} does not allow a session.', '{0} erlaubt keine Sitzung.'],
  ['{0} does not allow this forward.', '{0} erlaubt diese Weiterleitung nicht.'],
  ['{0} does not know this kind of forward.', '{0} kennt diese Art der Weiterleitung nicht.'],
  ['{0} does not listen on {1}.', '{0} lauscht nicht auf {1}.'],
];

/** What to do now. */
const steps: readonly Phrase[] = [
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
  ['Holdfast goes on the moment the network is back.', 'Holdfast macht weiter, sobald das Netz wieder da ist.'],
  ['Check the network; inside names may need the VPN.', 'Prüfe das Netz; interne Namen brauchen vielleicht das VPN.'],
  [
    'Check the spelling; inside names may need the VPN.',
    'Prüfe die Schreibweise; interne Namen brauchen vielleicht das VPN.',
  ],
  ['Check that sshd runs there and that the port is right.', 'Prüfe, ob sshd dort läuft und ob der Port stimmt.'],
  [
    'A firewall or an overloaded server does that; see its log.',
    'Das tut eine Firewall oder ein überlasteter Server; sieh in sein Protokoll.',
  ],
  [
    'Correct bind-address, or bring up the network or VPN that has it.',
    'Korrigiere bind-address, oder schalte das Netz oder VPN ein, das sie hat.',
  ],
  ['Check the network, and the VPN if it needs one.', 'Prüfe das Netz, und das VPN, falls es eines braucht.'],
  ['Check the address, and the VPN if it needs one.', 'Prüfe die Adresse, und das VPN, falls es eines braucht.'],
  ['Check the local firewall.', 'Prüfe die Firewall dieses Rechners.'],
  [
    'Close other programs or raise the limit (ulimit -n).',
    'Schließe andere Programme, oder erhöhe die Grenze (ulimit -n).',
  ],
  ['Check the address and the network.', 'Prüfe die Adresse und das Netz.'],
  [
    'Check that sshd runs at {0} and that the jump host may reach it.',
    'Prüfe, ob sshd bei {0} läuft und ob der Zwischenhost dorthin darf.',
  ],
  [
    'The server may be overloaded, or something other than SSH listens there.',
    'Der Server ist vielleicht überlastet, oder dort lauscht etwas anderes als SSH.',
  ],
  [
    'The line may drop large packets (MTU), or the server is overloaded.',
    'Vielleicht verliert die Leitung große Pakete (MTU), oder der Server ist überlastet.',
  ],
  [
    'The server may be waiting for its own directory service; see its log.',
    'Vielleicht wartet der Server auf seinen Verzeichnisdienst; sieh in sein Protokoll.',
  ],
  ['Run the command by hand to see what it says.', 'Führe den Befehl von Hand aus und sieh, was er sagt.'],
  ['Holdfast connects again by itself.', 'Holdfast verbindet von selbst neu.'],
  [
    'Holdfast connects again by itself; the log of its sshd may tell why.',
    'Holdfast verbindet von selbst neu; das Protokoll seines sshd sagt vielleicht, warum.',
  ],
  [
    'It may be too busy (MaxStartups), your address may be blocked (fail2ban), or there is no SSH on this port.',
    'Vielleicht ist er zu beschäftigt (MaxStartups), deine Adresse ist gesperrt (fail2ban), oder an diesem Port ist kein SSH.',
  ],
  [
    'It may be too busy (MaxStartups) or refuse what was offered; see the log of its sshd.',
    'Vielleicht ist er zu beschäftigt (MaxStartups) oder lehnt das Angebotene ab; sieh in das Protokoll seines sshd.',
  ],
  [
    'Its time or its number of tries may be over (LoginGraceTime, MaxAuthTries); see the log of its sshd.',
    'Vielleicht ist seine Frist oder die Zahl der Versuche um (LoginGraceTime, MaxAuthTries); sieh in das Protokoll seines sshd.',
  ],
  [
    'Fewer keys may help: name the right one in identity and set identities-only = true.',
    'Weniger Schlüssel helfen vielleicht: nenne den richtigen in identity und setze identities-only = true.',
  ],
  [
    'Holdfast tries again by itself; the log of its sshd may tell more.',
    'Holdfast versucht es von selbst neu; das Protokoll seines sshd sagt vielleicht mehr.',
  ],
  [
    'Something on the way may answer in its place; check the network before you try again.',
    'Vielleicht antwortet unterwegs etwas an seiner Stelle; prüfe das Netz, bevor du es neu versuchst.',
  ],
  [
    'Holdfast tries again by itself; if it stays, look at what is between here and there.',
    'Holdfast versucht es von selbst neu; bleibt es dabei, sieh nach, was dazwischen liegt.',
  ],
  ['Update its SSH server.', 'Aktualisiere seinen SSH-Server.'],
  ['Check address and port.', 'Prüfe Adresse und Port.'],
  [
    'Something other than SSH, or a tar pit, listens there. Check address and port.',
    'Dort lauscht etwas anderes als SSH, oder eine Falle. Prüfe Adresse und Port.',
  ],
  [
    'Update the server, or take this cipher out of legacy-algorithms of this host.',
    'Aktualisiere den Server, oder nimm diese Chiffre aus legacy-algorithms dieses Hosts.',
  ],
  [
    'Something on the way may answer in its place; check with the owner of the server before you try again.',
    'Vielleicht antwortet unterwegs etwas an seiner Stelle; frage den Betreiber des Servers, bevor du es neu versuchst.',
  ],
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
  ['Set a new one there, for example with: ssh {0}', 'Setze dort ein neues, etwa mit: ssh {0}'],
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

/** All that is said in German of what the engine says. */
export const causesDe: readonly Phrase[] = [...servers, ...logins, ...forwards, ...steps];

/** A sentence of the engine in German; one that is not known stays English. */
export const inGerman = phraseBook(causesDe);
