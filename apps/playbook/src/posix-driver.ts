// The same as the bash driver, for a plain POSIX shell, where less can be carried: variables, exports, read-only marks,
// working directory, umask and the options of one letter. A POSIX shell cannot list its functions, and not every one can
// list its aliases in a form that it reads again. The old state comes first: it holds this program's own variables too.

export const posixDriver = `
if [ -n "$1" ]; then
  { . "$1"; } >/dev/null 2>&1
fi
__signalbox_saved= __signalbox_to=$2 __signalbox_block=$3 __signalbox_from=$1
set --

__signalbox_save() {
  if [ -z "$__signalbox_saved" ]; then
    __signalbox_saved=1
    __signalbox_options >|"$__signalbox_to.options"
    set +efux
    __signalbox_write >|"$__signalbox_to"
  fi
  return "$1"
}

__signalbox_options() {
  for __signalbox_option in a C e f u v x; do
    case $- in *"$__signalbox_option"*) command echo "set -$__signalbox_option" ;; esac
  done
}

__signalbox_write() {
  __signalbox_folder=$(command pwd && command echo x)
  __signalbox_folder=\${__signalbox_folder%?x}
  command echo "umask $(command umask)"
  set
  export -p
  readonly -p
  command echo '# whole'
}

if [ -n "$__signalbox_from" ]; then
  cd "$__signalbox_folder" || exit 1
fi
trap '{ __signalbox_save "$?"; } >/dev/null 2>&1' EXIT
. "$__signalbox_block"
{ __signalbox_save "$?"; } >/dev/null 2>&1
`
