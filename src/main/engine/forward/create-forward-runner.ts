import type { ForwardSpec } from '../../../shared/model/forward-spec.ts';
import type { ForwardRunnerOptions } from './forward-base.ts';
import type { ForwardRunner } from './forward-runner.ts';
import { LocalRunner } from './local-runner.ts';
import { RemoteRunner } from './remote-runner.ts';

/** Makes the runner of a forward, for all four kinds. Nothing is opened yet. */
export function createForwardRunner(spec: ForwardSpec, options: ForwardRunnerOptions): ForwardRunner {
  if (spec.kind === 'local' || spec.kind === 'dynamic') return new LocalRunner(spec, options);
  return new RemoteRunner(spec, options);
}
