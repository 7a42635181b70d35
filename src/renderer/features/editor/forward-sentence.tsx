import { Button, LinkButton } from '../../ui/button.tsx';
import { CopyButton } from '../../ui/copy-button.tsx';
import { cx } from '../../ui/cx.ts';
import { Input, Select } from '../../ui/field.tsx';
import {
  isBeyondLoopback,
  isComplete,
  isSocketPath,
  listenText,
  specOf,
  splitPlace,
  turned,
  type ForwardDraft,
} from './forward-draft.ts';
import { pictureOf, sshCommandOf, type PictureStation } from './forward-picture.ts';
import styles from './forward-sentence.module.css';
import { useTexts } from '../../texts.ts';
import { useEditorTexts } from './texts.ts';
import { usePortCheck } from './use-port-check.ts';

interface ForwardSentenceProps {
  readonly draft: ForwardDraft;
  /** From 1. */
  readonly number: number;
  /** The hosts from here to the tunnel's, that one last; empty while none is chosen. */
  readonly chain: readonly string[];
  /** Where the saved forward listens: that place is ours, and not checked. */
  readonly savedListen: string | null;
  /** What the engine calls this tunnel where it holds a port itself; null: a new one. */
  readonly ownHolder: string | null;
  readonly problem: string | null;
  readonly onChange: (draft: ForwardDraft) => void;
  readonly onRemove: (() => void) | null;
}

/** One forward as a sentence, with the drawing and the command under it. */
export function ForwardSentence(props: ForwardSentenceProps) {
  const { draft, number, chain, savedListen, ownHolder, problem, onChange, onRemove } = props;
  const all = useEditorTexts();
  const texts = all.forward;
  const { engineSays } = useTexts();
  const takenBecause = (why: string | null): string => (why === null ? texts.takenUnknown : engineSays(why));
  const host = chain.at(-1) ?? texts.theHost;
  const listen = listenText(draft);
  const hasListen = isSocketPath(draft.listenHost) || draft.listenPort.trim() !== '';
  const checked = usePortCheck(draft.listensHere && hasListen && listen !== savedListen ? listen : null);
  const isOurs = ownHolder !== null && checked?.holder === ownHolder;
  const check = isOurs ? null : checked;
  const here = <option value="here">{texts.thisComputer}</option>;
  const there = <option value="there">{host}</option>;
  const label = (text: string): string => `${texts.number(number)}: ${text}`;

  return (
    <div className={styles['forward']} role="group" aria-label={texts.number(number)}>
      <div className={styles['sentence']}>
        <span className={styles['part']}>
          {texts.programsOn}{' '}
          <Select
            aria-label={label(texts.listenMachine)}
            value={draft.listensHere ? 'here' : 'there'}
            onChange={() => onChange(turned(draft))}
          >
            {here}
            {there}
          </Select>
        </span>{' '}
        <span className={styles['part']}>
          {texts.connectTo}{' '}
          <PlaceInputs
            host={draft.listenHost}
            port={draft.listenPort}
            hostLabel={label(texts.listenHost)}
            portLabel={label(texts.listenPort)}
            placeholder="localhost"
            invalid={problem !== null}
            onChange={(listenHost, listenPort) => onChange({ ...draft, listenHost, listenPort })}
          />
        </span>{' '}
        <span className={styles['part']}>
          {texts.reach}{' '}
          <Select
            aria-label={label(texts.kind)}
            value={draft.hasTarget ? 'one' : 'any'}
            onChange={(event) => onChange({ ...draft, hasTarget: event.target.value === 'one' })}
          >
            <option value="one">{texts.onePlace}</option>
            <option value="any">{texts.anywhere}</option>
          </Select>
          {draft.hasTarget ? (
            <>
              {' '}
              <PlaceInputs
                host={draft.targetHost}
                port={draft.targetPort}
                hostLabel={label(texts.targetHost)}
                portLabel={label(texts.targetPort)}
                placeholder="localhost"
                invalid={problem !== null}
                onChange={(targetHost, targetPort) => onChange({ ...draft, targetHost, targetPort })}
              />
            </>
          ) : null}
        </span>{' '}
        <span className={styles['part']}>
          {texts.from}{' '}
          <Select
            aria-label={label(texts.targetMachine)}
            value={draft.listensHere ? 'there' : 'here'}
            onChange={() => onChange(turned(draft))}
          >
            {there}
            {here}
          </Select>
        </span>
      </div>
      <div role="status" className={styles['checks']}>
        {problem === null ? null : <p className={styles['problem']}>{problem}</p>}
        {problem === null && check !== null ? (
          check.free ? (
            <p className={styles['hint']}>{texts.free}</p>
          ) : (
            <p className={styles['warn']}>
              {check.holder !== null ? texts.taken(check.holder) : takenBecause(check.problem)}
              {check.other === null ? null : (
                <>
                  {texts.useQuestion}
                  <LinkButton onClick={() => onChange({ ...draft, listenPort: String(check.other) })}>
                    {texts.use(check.other)}
                  </LinkButton>
                </>
              )}
            </p>
          )
        ) : null}
        {isBeyondLoopback(draft) ? (
          <p className={styles['warn']}>{draft.listensHere ? texts.beyondHere : texts.beyondThere(host)}</p>
        ) : null}
        {draft.hasTarget || !draft.listensHere ? null : <p className={styles['hint']}>{texts.socksHint}</p>}
      </div>
      <Picture stations={pictureOf(draft, chain.length === 0 ? [texts.theHostStation] : chain)} />
      <div className={styles['command']}>
        <code>{sshCommandOf(draft, chain)}</code>
        {isComplete(draft) ? <CopyButton text={sshCommandOf(draft, chain)} label={texts.copyCommand} /> : null}
      </div>
      <div className={styles['more']}>
        <Input
          aria-label={label(texts.forwardName)}
          placeholder={texts.forwardName}
          value={draft.name}
          maxLength={128}
          className={styles['name']}
          onChange={(event) => onChange({ ...draft, name: event.target.value })}
        />
        <label className={styles['on']}>
          <input
            type="checkbox"
            checked={draft.enabled}
            onChange={(event) => onChange({ ...draft, enabled: event.target.checked })}
          />
          <span>{texts.enabled}</span>
        </label>
        <Button kind="quiet" onClick={() => onChange(turned(draft))}>
          {texts.turn}
        </Button>
        {onRemove === null ? null : (
          <Button kind="quiet" aria-label={texts.removeLabel(specOf(draft))} onClick={onRemove}>
            {texts.remove}
          </Button>
        )}
      </div>
    </div>
  );
}

interface PlaceInputsProps {
  readonly host: string;
  readonly port: string;
  readonly hostLabel: string;
  readonly portLabel: string;
  readonly placeholder: string;
  readonly invalid: boolean;
  readonly onChange: (host: string, port: string) => void;
}

/** Address and port; a path of a socket needs no port. `db:5432` pasted into the address goes to both. */
function PlaceInputs({ host, port, hostLabel, portLabel, placeholder, invalid, onChange }: PlaceInputsProps) {
  const isPath = isSocketPath(host);
  return (
    <span className={styles['place']}>
      <Input
        aria-label={hostLabel}
        aria-invalid={invalid || undefined}
        className={isPath ? styles['path'] : styles['host']}
        mono
        placeholder={placeholder}
        value={host}
        onChange={(event) => onChange(event.target.value, port)}
        onPaste={(event) => {
          const text = event.clipboardData.getData('text/plain').trim();
          const place = splitPlace(text);
          if (isSocketPath(text) || !/^\d+$/.test(place.port) || place.host === '') return;
          event.preventDefault();
          onChange(place.host, place.port);
        }}
      />
      {isPath ? null : (
        <Input
          aria-label={portLabel}
          aria-invalid={invalid || undefined}
          className={styles['port']}
          mono
          inputMode="numeric"
          placeholder="8080"
          value={port}
          onChange={(event) => onChange(host, event.target.value)}
        />
      )}
    </span>
  );
}

/** Stations joined by arrows, in the direction a client's bytes go. */
function Picture({ stations }: { stations: readonly PictureStation[] }) {
  const texts = useEditorTexts().forward;
  const name = ({ machine, place, role }: PictureStation): string => {
    const who = role === 'anywhere' ? texts.anywhereStation : (machine ?? texts.hereStation);
    return place === null ? who : `${who}:${place}`;
  };
  return (
    <div role="img" aria-label={texts.drawing(stations.map(name).join(' → '))} className={styles['picture']}>
      {stations.map((station, index) => (
        // Stations have no identity but their place.
        <span key={index} className={cx(styles['station'], index === stations.length - 1 && styles['end'])}>
          <span className={styles['dot']} />
          <span className={styles['who']}>{name(station)}</span>
        </span>
      ))}
    </div>
  );
}
