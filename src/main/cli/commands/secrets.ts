import { HoldfastError } from '../../../shared/model/failure.ts';
import { silentLog } from '../../engine/log/log.ts';
import type { EngineSecrets } from '../../engine/secrets/open-secret-store.ts';
import { Secret } from '../../engine/secrets/secret.ts';
import type { SecretKind, SecretName } from '../../engine/secrets/secret-store.ts';
import type { ControlClient } from '../../engine/control/control-client.ts';
import { type CommandContext, type CommandInput, usageError } from '../command.ts';
import { configIfGood, requireConfig } from '../config-source.ts';
import { exitCodes } from '../exit-codes.ts';
import { askLine, readLines } from '../line-input.ts';
import { formatTable } from '../style.ts';
import { questionStream } from '../terminal.ts';

/** secret and vault: through the engine if one runs, else on the keychain or the vault itself. Values never are arguments. */
export async function run(context: CommandContext, input: CommandInput): Promise<number> {
  if (input.command.name === 'vault') return vault(context, input);
  const [word, ...rest] = input.positionals;
  switch (word) {
    case 'set':
      return setSecret(context, nameOf(rest));
    case 'list':
      if (rest.length > 0) throw usageError('secret', 'secret list takes no names.');
      return listSecrets(context);
    case 'remove':
      return removeSecret(context, nameOf(rest));
    case 'lock':
      if (rest.length > 0) throw usageError('secret', 'secret lock takes no names.');
      await (await context.connect()).call('secret.lock', {});
      if (context.json) context.out.json({ secrets: 'locked' });
      else context.out.print(context.texts.secrets.locked);
      return exitCodes.done;
    default:
      throw usageError('secret', 'Say: set HOST KIND, list, remove HOST KIND, or lock.');
  }
}

function nameOf(words: readonly string[]): SecretName {
  const [host, kind, ...rest] = words;
  if (host === undefined || (kind !== 'password' && kind !== 'passphrase') || rest.length > 0)
    // What stands behind may be the secret itself: it is not repeated.
    throw usageError('secret', 'Say HOST and password or passphrase; the value goes to standard input.');
  return { host, kind };
}

/** The engine if one runs, else null. */
async function engineIfRunning(context: CommandContext): Promise<ControlClient | null> {
  try {
    return await context.connect();
  } catch (error) {
    if (error instanceof HoldfastError && error.code === 'no-engine') return null;
    throw error;
  }
}

async function withStore<T>(context: CommandContext, use: (store: EngineSecrets) => Promise<T>): Promise<T> {
  const { openSecretStore } = await import('../../engine/secrets/open-secret-store.ts');
  const { settings } = await requireConfig(context);
  const store = openSecretStore({ settings, profile: context.profile, log: silentLog, clock: context.clock });
  try {
    return await use(store);
  } finally {
    store.dispose();
  }
}

async function setSecret(context: CommandContext, name: SecretName): Promise<number> {
  const config = await configIfGood(context);
  if (config !== null && !config.hosts.has(name.host)) throw noSuchHost(context, name.host);
  const value = await readSecret(context, context.texts.secrets.valueFor(name.kind, name.host), 'secret');
  const engine = await engineIfRunning(context);
  if (engine !== null) await engine.call('secret.set', { ...name, value: value.reveal() });
  else {
    await withStore(context, async (store) => {
      // Session memory would end with this command.
      if (!store.persistent) throw nothingKeeps(name.kind);
      await store.set(name, value);
    });
  }
  value.wipe();
  if (context.json) context.out.json({ ...name, saved: true });
  else context.out.print(context.texts.secrets.saved(name.host, name.kind));
  return exitCodes.done;
}

async function listSecrets(context: CommandContext): Promise<number> {
  const { out, texts } = context;
  const engine = await engineIfRunning(context);
  const names =
    engine === null ? await withStore(context, (store) => store.list()) : await engine.call('secret.list', {});
  if (context.json) out.json(names.map(({ host, kind }) => ({ host, kind })));
  else if (names.length === 0) out.print(texts.secrets.none);
  else for (const line of formatTable(names.map(({ host, kind }) => [host, kind]))) out.print(line);
  return exitCodes.done;
}

async function removeSecret(context: CommandContext, name: SecretName): Promise<number> {
  const { out, texts } = context;
  const engine = await engineIfRunning(context);
  let removed: boolean;
  if (engine !== null) ({ removed } = await engine.call('secret.remove', name));
  else {
    removed = await withStore(context, async (store) => {
      const config = await requireConfig(context);
      const isKept = (await store.list()).some((each) => each.host === name.host && each.kind === name.kind);
      // A host that is gone from the configuration may have left a secret behind.
      if (!config.hosts.has(name.host) && !isKept) throw noSuchHost(context, name.host);
      return store.remove(name);
    });
  }
  if (context.json) out.json({ ...name, removed });
  else if (removed) out.print(texts.secrets.removed(name.host, name.kind));
  if (!removed) out.note(texts.secrets.nothing(name.host, name.kind));
  return removed ? exitCodes.done : exitCodes.failed;
}

async function vault(context: CommandContext, input: CommandInput): Promise<number> {
  const [word, ...rest] = input.positionals;
  const { out, texts } = context;
  if (rest.length > 0 || (word !== 'create' && word !== 'unlock' && word !== 'lock'))
    throw usageError('vault', 'Say: create, unlock or lock.');
  if (word === 'lock') {
    await (await context.connect()).call('vault.lock', {});
    if (context.json) out.json({ vault: 'locked' });
    else out.print(texts.secrets.vaultLocked);
    return exitCodes.done;
  }
  // It is open for the life of an engine: without one there is nothing to unlock it for.
  const engine = word === 'unlock' ? await context.connect() : await engineIfRunning(context);
  const passphrase = await readSecret(context, texts.secrets.vaultPassphrase, 'vault');
  const create = word === 'create';
  if (create && context.terminal.stdin.isTTY === true) {
    const again = await readSecret(context, texts.secrets.vaultRepeat, 'vault');
    if (again.reveal() !== passphrase.reveal())
      throw usageError('vault', 'The two are not the same; no vault was made.');
    again.wipe();
  }
  if (engine !== null) await engine.call('vault.unlock', { passphrase: passphrase.reveal(), create });
  else await withStore(context, (store) => store.vault.unlock(passphrase, true));
  passphrase.wipe();
  if (context.json) out.json({ vault: create ? 'created' : 'unlocked' });
  else out.print(create ? texts.secrets.vaultCreated : texts.secrets.vaultUnlocked);
  return exitCodes.done;
}

/** One line, hidden on a terminal. */
async function readSecret(context: CommandContext, label: string, command: string): Promise<Secret> {
  const { stdin, stderr } = context.terminal;
  const stream = questionStream(context.terminal) ?? stderr;
  let text: string | undefined;
  if (stdin.isTTY === true) {
    const result = await askLine(stdin, stream, label, { echo: false, signal: new AbortController().signal });
    if (result.kind === 'line') ({ text } = result);
  } else [text] = await readLines(stdin, 1);
  if (text === undefined || text === '')
    throw usageError(command, 'The value is read from standard input, one line; there was none.');
  return Secret.from(text);
}

function noSuchHost(context: CommandContext, host: string): HoldfastError {
  return new HoldfastError({
    code: 'not-found',
    where: context.profile.configFile,
    message: `There is no host ${host}.`,
    next: 'See the names with: holdfast hosts',
  });
}

function nothingKeeps(kind: SecretKind): HoldfastError {
  return new HoldfastError({
    code: 'secret-store',
    where: 'session memory',
    message: `The ${kind} was not kept: secrets are set to session memory, and no engine runs.`,
    next: 'Start the engine first, or choose secret-store = "keychain" or "vault" in the settings.',
  });
}
