//! The shell of a step that goes on where the step before it ended, as lines do that a person types one after another:
//! each runs in a bash of its own, which takes over variables, functions, aliases and the folder from a file, and leaves
//! its own there. What leads to the drill's cluster is not taken over: every step has it anew.

/// The parent of the shell, which waits for it: a line that kills its parent kills this one, and not helmdrill.
pub(super) const GUARD: &str = r#"bash --noprofile --norc "$@"; exit $?"#;

/// The script that runs the line given as its first argument.
pub(super) const SESSION: &str = r#"
__drill_keep() {
  local IFS=$' \t\n'
  {
    for __drill_name in $(compgen -A variable); do
      case $__drill_name in
        __drill*|IFS|BASH*|COMP_*|DIRSTACK|EPOCH*|EUID|FUNCNAME|GROUPS|HISTCMD|HOST*|LINENO|MACHTYPE) ;;
        OPTERR|OPTIND|OSTYPE|PIPESTATUS|PPID|PWD|OLDPWD|RANDOM|SECONDS|SHELLOPTS|SHLVL|SRANDOM|TERM|UID|_) ;;
        KUBECONFIG|HOME|PATH|TMPDIR|KUBECACHEDIR|HELM_CACHE_HOME|HELM_CONFIG_HOME|HELM_DATA_HOME) ;;
        HELM_DRIVER_SQL_CONNECTION_STRING) ;;
        *) declare -p "$__drill_name" ;;
      esac
    done
    unset -f __drill_keep
    declare -f
    alias -p
    printf 'cd -- %q\n' "$PWD"
  } > "$__drill_file" 2> /dev/null
}
__drill_file=$HOME/.drill-session
__drill_line=$1
set --
shopt -s expand_aliases
if [ -r "$__drill_file" ]; then . "$__drill_file" 2> /dev/null; fi
trap __drill_keep EXIT
eval "$__drill_line"
"#;
