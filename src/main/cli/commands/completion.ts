import { type CommandContext, type CommandInput, type CommandSpec, usageError } from '../command.ts';
import { commandTable, globalOptions } from '../command-table.ts';
import { exitCodes } from '../exit-codes.ts';

/** Prints a completion script. The scripts hold commands, words and options; names come from `holdfast list --names` as one types. */
export async function run(context: CommandContext, input: CommandInput): Promise<number> {
  const [shell, ...rest] = input.positionals;
  if (shell === undefined || rest.length > 0)
    throw usageError('completion', 'Which shell: bash, zsh, fish or powershell?');
  const script = scriptFor(shell);
  if (script === null) throw usageError('completion', 'The shells are bash, zsh, fish and powershell.');
  if (context.json) context.out.json({ shell, script });
  else context.out.print(script.trimEnd());
  return exitCodes.done;
}

/** The script for a shell, or null for one that is not known. */
export function scriptFor(shell: string): string | null {
  switch (shell) {
    case 'bash':
      return bashScript();
    case 'zsh':
      return zshScript();
    case 'fish':
      return fishScript();
    case 'powershell':
    case 'pwsh':
      return powershellScript();
    default:
      return null;
  }
}

const names = commandTable.map((command) => command.name);

/** What may follow a command: words, options, and which names. */
function optionsOf(command: CommandSpec): string[] {
  return Object.keys({ ...command.options, ...globalOptions }).map((name) => `--${name}`);
}

function bashScript(): string {
  const cases = commandTable
    .map((command) => {
      const words = [...(command.words ?? []), ...(command.name === 'help' ? names : [])].join(' ');
      return `    ${command.name}) words='${words}' options='${optionsOf(command).join(' ')}' kind=${command.argument} ;;`;
    })
    .join('\n');
  return `# holdfast completion for bash: source <(holdfast completion bash)
_holdfast() {
  local cur prev command='' config=() words='' options='' kind=none index candidates
  COMPREPLY=()
  cur=\${COMP_WORDS[COMP_CWORD]}
  prev=\${COMP_WORDS[COMP_CWORD-1]}
  for ((index = 1; index < COMP_CWORD; index++)); do
    case \${COMP_WORDS[index]} in
      --config|-c) config=(--config "\${COMP_WORDS[index+1]}"); ((index++)) ;;
      -*) ;;
      *) [[ -z $command ]] && command=\${COMP_WORDS[index]} ;;
    esac
  done
  case $prev in
    --config|-c|--identity|-i|--file) compopt -o filenames 2>/dev/null; COMPREPLY=($(compgen -f -- "$cur")); return ;;
    --host|--jump|-J) COMPREPLY=($(compgen -W "$("\${COMP_WORDS[0]}" "\${config[@]}" hosts --names 2>/dev/null)" -- "$cur")); return ;;
    --start) COMPREPLY=($(compgen -W 'login demand manual' -- "$cur")); return ;;
  esac
  if [[ -z $command ]]; then
    COMPREPLY=($(compgen -W '${names.join(' ')} ${Object.keys(globalOptions)
      .map((name) => `--${name}`)
      .join(' ')}' -- "$cur"))
    return
  fi
  case $command in
${cases}
  esac
  if [[ $cur == -* ]]; then
    COMPREPLY=($(compgen -W "$options" -- "$cur"))
    return
  fi
  candidates=$words
  case $kind in
    tunnel) candidates+=" $("\${COMP_WORDS[0]}" "\${config[@]}" list --names --groups 2>/dev/null)" ;;
    host) candidates+=" $("\${COMP_WORDS[0]}" "\${config[@]}" hosts --names 2>/dev/null)" ;;
    prompt) candidates+=" $("\${COMP_WORDS[0]}" "\${config[@]}" prompts --ids 2>/dev/null)" ;;
    file) compopt -o filenames 2>/dev/null; COMPREPLY=($(compgen -f -- "$cur")); return ;;
  esac
  COMPREPLY=($(compgen -W "$candidates" -- "$cur"))
}
complete -F _holdfast holdfast
`;
}

const quoteZsh = (text: string): string => `'${text.replaceAll("'", "'\\''").replaceAll(':', '\\:')}'`;

function zshScript(): string {
  const described = commandTable
    .map((command) => `    ${quoteZsh(command.name)}:${quoteZsh(command.summary)}`)
    .join('\n');
  const cases = commandTable
    .map((command) => {
      const words = [...(command.words ?? []), ...(command.name === 'help' ? names : [])].join(' ');
      return `    ${command.name}) words_of=(${words}); options=(${optionsOf(command).join(' ')}); kind=${command.argument} ;;`;
    })
    .join('\n');
  return `#compdef holdfast
# holdfast completion for zsh: source <(holdfast completion zsh)
_holdfast() {
  local command='' kind=none index
  local -a config words_of options candidates commands
  commands=(
${described}
  )
  for ((index = 2; index < CURRENT; index++)); do
    case $words[index] in
      --config|-c) config=(--config "$words[index+1]"); ((index++)) ;;
      -*) ;;
      *) [[ -z $command ]] && command=$words[index] ;;
    esac
  done
  case $words[CURRENT-1] in
    --config|-c|--identity|-i|--file) _files; return ;;
    --host|--jump|-J) candidates=(\${(f)"$($words[1] $config hosts --names 2>/dev/null)"}); compadd -a candidates; return ;;
    --start) compadd login demand manual; return ;;
  esac
  if [[ -z $command ]]; then
    _describe command commands
    return
  fi
  case $command in
${cases}
  esac
  if [[ $PREFIX == -* ]]; then
    compadd -- $options
    return
  fi
  candidates=($words_of)
  case $kind in
    tunnel) candidates+=(\${(f)"$($words[1] $config list --names --groups 2>/dev/null)"}) ;;
    host) candidates+=(\${(f)"$($words[1] $config hosts --names 2>/dev/null)"}) ;;
    prompt) candidates+=(\${(f)"$($words[1] $config prompts --ids 2>/dev/null)"}) ;;
    file) _files; return ;;
  esac
  compadd -a candidates
}
if [[ $funcstack[1] == _holdfast ]]; then _holdfast "$@"; else compdef _holdfast holdfast; fi
`;
}

const quoteFish = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;

function fishScript(): string {
  const lines = [
    '# holdfast completion for fish: holdfast completion fish | source',
    'function __holdfast_ask',
    '  set -l words (commandline -opc)',
    '  set -l config',
    '  for index in (seq 2 (count $words))',
    '    if contains -- $words[$index] --config -c; and test (math $index + 1) -le (count $words)',
    '      set config --config $words[(math $index + 1)]',
    '    end',
    '  end',
    '  $words[1] $config $argv 2>/dev/null',
    'end',
    'complete -c holdfast -f',
  ];
  const isFree = `'not __fish_seen_subcommand_from ${names.join(' ')}'`;
  for (const [name, option] of Object.entries(globalOptions)) lines.push(fishOption('', name, option));
  for (const command of commandTable) {
    const when = `'__fish_seen_subcommand_from ${command.name}'`;
    lines.push(`complete -c holdfast -n ${isFree} -a ${command.name} -d ${quoteFish(command.summary)}`);
    if (command.words) lines.push(`complete -c holdfast -n ${when} -a '${command.words.join(' ')}'`);
    if (command.name === 'help') lines.push(`complete -c holdfast -n ${when} -a '${names.join(' ')}'`);
    if (command.argument === 'tunnel')
      lines.push(`complete -c holdfast -n ${when} -a '(__holdfast_ask list --names --groups)'`);
    if (command.argument === 'host') lines.push(`complete -c holdfast -n ${when} -a '(__holdfast_ask hosts --names)'`);
    if (command.argument === 'prompt')
      lines.push(`complete -c holdfast -n ${when} -a '(__holdfast_ask prompts --ids)'`);
    if (command.argument === 'file') lines.push(`complete -c holdfast -n ${when} -F`);
    for (const [name, option] of Object.entries(command.options)) lines.push(fishOption(`-n ${when} `, name, option));
  }
  return `${lines.join('\n')}\n`;
}

function fishOption(when: string, name: string, option: CommandSpec['options'][string]): string {
  const short = option.short === undefined ? '' : ` -s ${option.short}`;
  const value = option.type === 'string' ? ' -r -F' : '';
  return `complete -c holdfast ${when}-l ${name}${short}${value} -d ${quoteFish(option.help)}`;
}

function powershellScript(): string {
  const quote = (text: string): string => `'${text.replaceAll("'", "''")}'`;
  const rows = commandTable
    .map((command) => {
      const words = [...(command.words ?? []), ...(command.name === 'help' ? names : [])];
      return `    ${quote(command.name)} = @{ Words = @(${words.map(quote).join(', ')}); Options = @(${optionsOf(command).map(quote).join(', ')}); Kind = ${quote(command.argument)} }`;
    })
    .join('\n');
  return `# holdfast completion for PowerShell: holdfast completion powershell | Out-String | Invoke-Expression
Register-ArgumentCompleter -Native -CommandName holdfast -ScriptBlock {
  param($wordToComplete, $commandAst, $cursorPosition)
  $table = @{
${rows}
  }
  $tokens = @($commandAst.CommandElements | ForEach-Object { $_.ToString() })
  $config = @()
  $command = $null
  $end = if ($wordToComplete) { $tokens.Count - 1 } else { $tokens.Count }
  for ($index = 1; $index -lt $end; $index++) {
    if (($tokens[$index] -eq '--config' -or $tokens[$index] -eq '-c') -and $index + 1 -lt $tokens.Count) {
      $config = @('--config', $tokens[$index + 1]); $index++
    } elseif (-not $tokens[$index].StartsWith('-') -and -not $command) { $command = $tokens[$index] }
  }
  if (-not $command) { $candidates = $table.Keys | Sort-Object }
  elseif (-not $table.ContainsKey($command)) { $candidates = @() }
  elseif ($wordToComplete.StartsWith('-')) { $candidates = $table[$command].Options }
  else {
    $candidates = @($table[$command].Words)
    switch ($table[$command].Kind) {
      'tunnel' { $candidates += @(& $tokens[0] @config list --names --groups 2>$null) }
      'host' { $candidates += @(& $tokens[0] @config hosts --names 2>$null) }
      'prompt' { $candidates += @(& $tokens[0] @config prompts --ids 2>$null) }
    }
  }
  $candidates | Where-Object { $_ -like "$wordToComplete*" } | ForEach-Object {
    [System.Management.Automation.CompletionResult]::new($_, $_, 'ParameterValue', $_)
  }
}
`;
}
