import type { HoldfastConfig, HostConfig } from '../../../shared/model/config.ts';
import { HoldfastError } from '../../../shared/model/failure.ts';

/**
 * The way to a host: its jump hosts outermost first, then the host. The `jump` of a hop is not followed again. Throws `config` for an unknown
 * name and for a host that occurs twice on the way.
 */
export function resolveChain(config: HoldfastConfig, hostName: string): HostConfig[] {
  const host = lookUp(config, hostName, hostName);
  const names = [...host.jump, hostName];
  const repeated = names.find((name, index) => names.indexOf(name) !== index);
  if (repeated !== undefined) {
    throw new HoldfastError({
      code: 'config',
      where: hostName,
      message: `The jump chain of ${hostName} goes through ${repeated} twice.`,
      next: `Take ${repeated} out of the jump list of ${hostName}.`,
    });
  }
  return names.map((name) => (name === hostName ? host : lookUp(config, name, hostName)));
}

function lookUp(config: HoldfastConfig, name: string, neededBy: string): HostConfig {
  const host = config.hosts.get(name);
  if (host) return host;
  throw new HoldfastError({
    code: 'config',
    where: neededBy,
    message:
      name === neededBy
        ? `There is no host ${name}.`
        : `${neededBy} jumps through ${name}, which is no host of the configuration.`,
    next: `Add [hosts.${name}] or correct the name.`,
  });
}
