"""The templates of the completion scripts. `completion` fills in the version, the commands, options and branches.

Each script reads the words up to the cursor: a word that is a command moves to this command, an option that takes a
value takes the next word. A branch says what can follow at a place: the command, and the option whose value is next.
"""

from __future__ import annotations

BASH = r"""# Completes the command line of mhv-tui @VERSION@ in bash. Load it with: source <(mhv-tui completion bash)

_mhv_tui_sessions() {
    local directory
    for directory in "${XDG_STATE_HOME:-$HOME/.local/state}"/mhv-tui/sessions/*/; do
        directory=${directory%/}
        [[ -d $directory ]] && printf '%s\n' "${directory##*/}"
    done
}

_mhv_tui_offer() {
    local word words=$1 flags=$2
    shift 2
    if [[ $cur == -* && -n $flags ]]; then
        COMPREPLY=($(compgen -W "$flags" -- "$cur"))
        return
    fi
    COMPREPLY=($(compgen -W "$words" -- "$cur"))
    if [[ " $* " == *" sessions "* ]]; then
        while IFS= read -r word; do
            [[ $word == "$cur"* ]] && COMPREPLY+=("$word")
        done < <(_mhv_tui_sessions)
    fi
    if [[ " $* " == *" files "* ]]; then
        while IFS= read -r word; do
            COMPREPLY+=("$word")
        done < <(compgen -f -- "$cur")
        compopt -o filenames 2>/dev/null
    fi
    if [[ " $* " == *" is_prefix "* ]]; then
        compopt -o nospace 2>/dev/null
    fi
}

_mhv_tui() {
    local cur=${COMP_WORDS[COMP_CWORD]} command="" option="" word i
    COMPREPLY=()
    for ((i = 1; i < COMP_CWORD; i++)); do
        word=${COMP_WORDS[i]}
        if [[ $word == "=" ]]; then
            continue
        elif [[ -n $option ]]; then
            option=""
            continue
        fi
        case "$command $word" in
            @OPTIONS@) option=$word ;;
            @COMMANDS@) command=${command:+$command }$word ;;
        esac
    done
    [[ $cur == "=" ]] && cur=""
    case "$command $option" in
        @BRANCHES@
    esac
}

complete -F _mhv_tui mhv-tui
"""

ZSH = r"""#compdef mhv-tui
# Completes the command line of mhv-tui @VERSION@ in zsh. Load it with: source <(mhv-tui completion zsh)

_mhv_tui_sessions() {
    local -a names
    names=("${XDG_STATE_HOME:-$HOME/.local/state}"/mhv-tui/sessions/*(N/:t))
    compadd -a names
}

_mhv_tui() {
    local command="" option="" word i
    local -a words_here flags_here kinds
    for ((i = 2; i < CURRENT; i++)); do
        word=${words[i]}
        if [[ -n $option ]]; then
            option=""
            continue
        fi
        case "$command $word" in
            @OPTIONS@) option=$word ;;
            @COMMANDS@) command=${command:+$command }$word ;;
        esac
    done
    if [[ -z $option && ${words[CURRENT]} == --*=* ]]; then
        option=${words[CURRENT]%%=*}
        compset -P '*='
    fi
    case "$command $option" in
        @BRANCHES@
    esac
    if [[ $PREFIX == -* ]]; then
        _describe -o option flags_here
        return
    fi
    if (( ${kinds[(Ie)is_prefix]} )); then
        _describe value words_here -S ''
    elif (( $#words_here )); then
        _describe value words_here
    fi
    (( ${kinds[(Ie)sessions]} )) && _mhv_tui_sessions
    (( ${kinds[(Ie)files]} )) && _files
    return 0
}

if [[ $funcstack[1] == _mhv_tui ]]; then
    _mhv_tui "$@"
else
    compdef _mhv_tui mhv-tui
fi
"""

FISH = r"""# Completes the command line of mhv-tui @VERSION@ in fish. Load it with: mhv-tui completion fish | source

function __mhv_tui_sessions
    set -l home $XDG_STATE_HOME
    test -n "$home"; or set home ~/.local/state
    for directory in $home/mhv-tui/sessions/*/
        path basename $directory 2>/dev/null; or basename $directory
    end
end

function __mhv_tui_at
    set -l command ""
    set -l option ""
    set -l typed (commandline -opc)
    for word in $typed[2..-1]
        if test -n "$option"
            set option ""
            continue
        end
        switch "$command $word"
            case @OPTIONS@
                set option $word
            case @COMMANDS@
                set command (string trim -- "$command $word")
        end
    end
    test "$command" = "$argv[1]"
end

complete -c mhv-tui -f
@BRANCHES@
"""
