import { readdirSync } from 'node:fs';

/** The agent of Windows' own OpenSSH. */
export const windowsAgentPipe = '\\\\.\\pipe\\openssh-ssh-agent';

const pipeFolder = '\\\\.\\pipe\\';

export interface AgentPlace {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly platform: NodeJS.Platform;
  /** Names of the open pipes; Windows only. */
  readonly pipes: () => readonly string[];
}

/** This machine, now. */
export function thisMachine(env: AgentPlace['env'] = process.env): AgentPlace {
  return { env, platform: process.platform, pipes: () => readdirSync(pipeFolder) };
}

/**
 * Where agents may be found for a host's `agent` setting, best first; empty: none.
 * true: SSH_AUTH_SOCK, and on Windows the OpenSSH service's pipe and Pageant's (PuTTY 0.77 and later name theirs `pageant.<user>.<hash>`, with a
 * hash that only the user's session can compute, so it is looked up by its name's start; not tested on Windows).
 * A string: that socket or pipe; `none`, `SSH_AUTH_SOCK` and `pageant` are understood as in ssh_config's IdentityAgent.
 */
export function agentAddresses(setting: boolean | string, place: AgentPlace): readonly string[] {
  if (setting === false || setting === 'none') return [];
  const fromEnv = place.env['SSH_AUTH_SOCK'];
  const named = fromEnv ? [fromEnv] : [];
  if (setting === 'SSH_AUTH_SOCK') return named;
  if (setting === 'pageant') return pageantPipes(place);
  if (typeof setting === 'string') return [setting];
  if (place.platform !== 'win32') return named;
  return [...new Set([...named, windowsAgentPipe, ...pageantPipes(place)])];
}

function pageantPipes(place: AgentPlace): readonly string[] {
  if (place.platform !== 'win32') return [];
  const user = (place.env['USERNAME'] ?? '').toLowerCase();
  const start = `pageant.${user}.`;
  try {
    return place
      .pipes()
      .filter((name) => user !== '' && name.toLowerCase().startsWith(start))
      .slice(0, 4)
      .map((name) => pipeFolder + name);
  } catch {
    return [];
  }
}
