#!/usr/bin/env node
/**
 * cli: the `holdfast` command. It starts fast: the code of a command, and above all the engine's, is read only when it runs.
 *
 * - index.ts          the entry of the bundle: streams, exit code
 * - run.ts            global options, choice of the command, errors
 * - command.ts        what a command is and gets
 * - command-table.ts  all commands with their options and help
 * - commands/         one file a command or family
 * - output.ts, style.ts, terminal.ts, line-input.ts   writing and asking
 * - tunnel-view.ts, live-view.ts, wait-for-tunnels.ts, prompt-asker.ts, log-view.ts   what people see
 */
import { settleHome } from '../engine/config/home.ts';
import { flushed } from './output.ts';
import { runCommandLine } from './run.ts';
import { processTerminal } from './terminal.ts';

settleHome();
const exitCode = await runCommandLine(process.argv.slice(2), processTerminal());
process.exitCode = exitCode;
await Promise.all([flushed(process.stdout), flushed(process.stderr)]);
// Standard input may still be open for reading; nothing of ours runs any more.
process.exit(exitCode);
