import type { Catalogue } from '../../shared/i18n/index.ts';
import type { SettingsConfig } from '../../shared/model/config.ts';
import { HoldfastError } from '../../shared/model/failure.ts';
import type { Profile } from '../engine/config/paths.ts';
import type { ControlClient } from '../engine/control/control-client.ts';
import type { Clock } from '../engine/lifecycle/clock.ts';
import type { Output } from './output.ts';
import type { Terminal } from './terminal.ts';

/** An option as `node:util` parseArgs takes it, with its line of help. */
export interface OptionSpec {
  readonly type: 'string' | 'boolean';
  readonly short?: string;
  readonly multiple?: boolean;
  readonly help: string;
  /** Shown in help: `--timeout TIME`. */
  readonly value?: string;
}

/** What a positional argument names; for completion. */
export type ArgumentKind = 'tunnel' | 'host' | 'prompt' | 'command' | 'file' | 'none';

/** One command. The table is light; the code behind `load` is read only when the command runs. */
export interface CommandSpec {
  readonly name: string;
  readonly synopsis: readonly string[];
  readonly summary: string;
  /** Longer help, a line each. */
  readonly notes?: readonly string[];
  readonly options: Readonly<Record<string, OptionSpec>>;
  /** Words that may stand first. */
  readonly words?: readonly string[];
  readonly argument: ArgumentKind;
  load(): Promise<CommandModule>;
}

export interface CommandModule {
  /** Runs the command and gives its exit code; errors are thrown as `HoldfastError`. */
  run(context: CommandContext, input: CommandInput): Promise<number>;
}

export type OptionValue = string | boolean | readonly (string | boolean)[] | undefined;

export interface CommandInput {
  readonly command: CommandSpec;
  readonly values: Readonly<Record<string, OptionValue>>;
  readonly positionals: readonly string[];
}

/** What every command gets. */
export interface CommandContext {
  readonly terminal: Terminal;
  readonly out: Output;
  readonly profile: Profile;
  readonly json: boolean;
  /** In the language of the environment, until `speak` names another. */
  readonly texts: Catalogue;
  /** The configuration was read: its language wins, unless it leaves it to the system. */
  speak(language: SettingsConfig['language']): void;
  readonly clock: Clock;
  /** Connects to the engine, once; throws `no-engine`. The connection ends with the command. */
  connect(): Promise<ControlClient>;
}

/** A `usage` error of a command, which points at its help. */
export function usageError(command: string, message: string): HoldfastError {
  return new HoldfastError({
    code: 'usage',
    where: `holdfast ${command}`,
    message,
    next: `See: holdfast help ${command}`,
  });
}

/** The tunnels and groups that are named; none means every one, which `--all` may say too. */
export function chosenNames(input: CommandInput): string[] {
  if (booleanOption(input, 'all') && input.positionals.length > 0)
    throw usageError(input.command.name, 'Either names or --all.');
  return [...input.positionals];
}

/** A string option's value, or null. */
export function stringOption(input: CommandInput, name: string): string | null {
  const value = input.values[name];
  return typeof value === 'string' ? value : null;
}

export function booleanOption(input: CommandInput, name: string): boolean {
  return input.values[name] === true;
}

/** All values of an option that may come several times. */
export function listOption(input: CommandInput, name: string): readonly string[] {
  const value = input.values[name];
  if (!Array.isArray(value)) return typeof value === 'string' ? [value] : [];
  return value.filter((entry): entry is string => typeof entry === 'string');
}

/** A whole number within bounds, or `fallback` if the option is not given. */
export function numberOption(input: CommandInput, name: string, fallback: number, least: number, most: number): number {
  const text = stringOption(input, name);
  if (text === null) return fallback;
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < least || value > most)
    throw usageError(input.command.name, `--${name} takes a whole number from ${least} to ${most}.`);
  return value;
}

const unitMs: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, min: 60_000, h: 3_600_000 };

/** A time such as `90`, `90s`, `1.5m`, `500ms`, in milliseconds; a bare number is seconds. */
export function durationOption(input: CommandInput, name: string, fallbackMs: number): number {
  const text = stringOption(input, name);
  if (text === null) return fallbackMs;
  const match = /^(\d{1,9}(?:\.\d{1,3})?)\s*(ms|s|min|m|h)?$/.exec(text);
  const factor = unitMs[match?.[2] ?? 's'];
  if (match?.[1] === undefined || factor === undefined)
    throw usageError(input.command.name, `--${name} takes a time such as 60s, 500ms or 2m.`);
  return Math.round(Number(match[1]) * factor);
}
