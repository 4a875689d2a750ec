// The program that bash is started with for each step: take over the state of the step before, run the block, hand the
// state on. Called with the old state ("" for none), the place of the new state, and the file of the block.
//
// The state is handed on in an EXIT trap, so that `exit` and `set -e` inside a block lose nothing. A block that sets an
// EXIT trap of its own replaces ours; then the state is handed on when the block reaches its end, and the block's trap
// runs after that. Only builtins write the state (no fork but one), everything that a block may have changed (options,
// traps, IFS, aliases, functions) is kept away from the writing, and options are restored by the block's own first line,
// so that `set -x` shows nothing of this. The last line of a state says that it is whole.

export const bashDriver = `
__signalbox_from=$1 __signalbox_to=$2 __signalbox_block=$3
set --

__signalbox_save() {
  builtin trap - DEBUG ERR RETURN
  if [[ -z \${__signalbox_saved-} ]]; then
    __signalbox_saved=1
    builtin set +o >|"$__signalbox_to.options"
    builtin set +efuxTE
    __signalbox_write "$@" >|"$__signalbox_to"
  fi
  return "$1"
}

__signalbox_write() {
  shift
  builtin umask -p
  builtin shopt -p
  builtin compgen -v >|"$__signalbox_to.names"
  while IFS= builtin read -r __signalbox_name; do
    case $__signalbox_name in
      __signalbox_* | BASH | BASHOPTS | BASHPID | BASH_ALIASES | BASH_ARGC | BASH_ARGV | BASH_ARGV0 | BASH_CMDS | \\
        BASH_COMMAND | BASH_EXECUTION_STRING | BASH_LINENO | BASH_MONOSECONDS | BASH_SOURCE | BASH_SUBSHELL | \\
        BASH_TRAPSIG | BASH_VERSINFO | BASH_VERSION | BASH_XTRACEFD | COMP_WORDBREAKS | DIRSTACK | EPOCHREALTIME | \\
        EPOCHSECONDS | EUID | FUNCNAME | GROUPS | HISTCMD | LINENO | OLDPWD | PIPESTATUS | PPID | PWD | RANDOM | \\
        SECONDS | SHELLOPTS | SHLVL | SRANDOM | UID | _) ;;
      *) builtin declare -p "$__signalbox_name" ;;
    esac
  done <"$__signalbox_to.names"
  builtin compgen -A function >|"$__signalbox_to.names"
  while IFS= builtin read -r __signalbox_name; do
    case $__signalbox_name in __signalbox_*) ;; *) builtin declare -f -- "$__signalbox_name" ;; esac
  done <"$__signalbox_to.names"
  builtin declare -F >|"$__signalbox_to.names"
  while IFS= builtin read -r __signalbox_name; do
    case $__signalbox_name in "declare -f "*) ;; *) builtin printf '%s\\n' "$__signalbox_name" ;; esac
  done <"$__signalbox_to.names"
  builtin alias -p
  __signalbox_write_arguments "$@"
  builtin printf '__signalbox_old=%q\\n' "\${OLDPWD-}"
  __signalbox_name=$(builtin pwd && builtin printf x)
  builtin printf '__signalbox_folder=%q\\n# whole\\n' "\${__signalbox_name%?x}"
}

# After an exit inside a function the arguments are the function's, not the block's.
__signalbox_write_arguments() {
  for __signalbox_name in "\${FUNCNAME[@]}"; do
    case $__signalbox_name in __signalbox_* | source | main) ;; *) return ;; esac
  done
  builtin printf 'set --'
  if (($# > 0)); then builtin printf ' %q' "$@"; fi
  builtin printf '\\n'
}

{
  if [[ -n $__signalbox_from ]]; then
    { . "$__signalbox_from"; } >/dev/null 2>&1
    builtin cd -- "$__signalbox_folder" || exit 1
    if [[ -n $__signalbox_old ]]; then OLDPWD=$__signalbox_old; fi
  fi
  builtin trap '{ __signalbox_save "$?" "$@"; } >/dev/null 2>&1' EXIT
  . "$__signalbox_block"
  { __signalbox_save "$?" "$@"; } >/dev/null 2>&1
}
`
