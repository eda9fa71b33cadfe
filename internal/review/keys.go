// SPDX-License-Identifier: GPL-2.0-only

package review

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/lsmpatch/lsmpatch/patchset/report"
)

// Key does what a key asks for. Names are those of terminals: "j", "enter", "esc", "tab", "space", "backspace", "up",
// "down", "pgup", "pgdown", "home", "end", "ctrl+c"; a character is itself.
func (s *Session) Key(key string) {
	s.status = ""
	switch {
	case key == "ctrl+c":
		s.quit = true
	case s.asks != "":
		s.typeKey(key)
	case s.help:
		s.help = false
	default:
		s.command(key)
	}
	s.show()
}

// command is a key that is not part of a text.
func (s *Session) command(key string) {
	switch key {
	case "q", "esc":
		s.leave()
	case "?":
		s.help = true
	case "j", "down":
		s.cursor++
	case "k", "up":
		s.cursor--
	case "space", "pgdown":
		s.cursor += s.body()
	case "b", "pgup":
		s.cursor -= s.body()
	case "g", "home":
		s.cursor = 0
	case "G", "end":
		s.cursor = len(s.rows) - 1
	case "enter":
		s.open()
	case "J":
		s.turn(1)
	case "K":
		s.turn(-1)
	case "tab":
		s.find(1, func(r row) bool { return r.finding != nil && strings.HasPrefix(r.Text, ">> ") }, "no finding below")
	case "/":
		s.asks, s.typed = "/", ""
	case "n":
		s.again(1)
	case "N":
		s.again(-1)
	default:
		s.act(key)
	}
}

// act is a key that does something to the patch at the cursor.
func (s *Session) act(key string) {
	switch key {
	case "a":
		s.accepted[s.current()] = !s.accepted[s.current()]
	case "c":
		if s.quotes() {
			s.asks, s.typed = "note: ", ""
		}
	case "f":
		if f := s.rows[s.cursor].finding; !s.list && f != nil {
			s.addNote(findingNote(f))
		} else {
			s.status = "no finding on this line"
		}
	case "R":
		s.reply()
	case "B":
		s.status = "this session cannot write a branch"
		if s.opts.Branch != nil {
			s.status = told(s.opts.Branch())
		}
	default:
		s.status = "no such key; ? lists them"
	}
}

// told is what became of something, for the last line.
func told(what string, err error) string {
	if err != nil {
		return "error: " + err.Error()
	}
	return what
}

// current is the patch at the cursor of the list, or the one that is shown.
func (s *Session) current() int {
	if !s.list {
		return s.page
	}
	if s.cursor == 0 {
		return 0
	}
	return s.set.Patches[s.cursor-1].Index
}

func (s *Session) leave() {
	if s.list {
		s.quit = true
		return
	}
	page := s.page
	s.list, s.top, s.cursor = true, 0, 0
	for i, p := range s.set.Patches {
		if p.Index == page {
			s.cursor = i + 1
		}
	}
}

func (s *Session) open() {
	if s.list {
		s.page, s.list, s.cursor, s.top = s.current(), false, 0, 0
	}
}

// turn goes to another patch.
func (s *Session) turn(by int) {
	if s.list {
		s.cursor += by
		return
	}
	pages := []int{0}
	for _, p := range s.set.Patches {
		pages = append(pages, p.Index)
	}
	i := slices.Index(pages, s.page) + by
	if i < 0 || i >= len(pages) {
		s.status = "no further patch"
		return
	}
	s.page, s.cursor, s.top = pages[i], 0, 0
}

// find moves the cursor to the next row that fits, upwards where by is -1.
func (s *Session) find(by int, fits func(row) bool, none string) {
	for i := s.cursor + by; i >= 0 && i < len(s.rows); i += by {
		if fits(s.rows[i]) {
			s.cursor = i
			return
		}
	}
	s.status = none
}

func (s *Session) again(by int) {
	if s.search == "" {
		s.status = "nothing is searched for; / does"
		return
	}
	low := strings.ToLower(s.search)
	s.find(by, func(r row) bool { return strings.Contains(strings.ToLower(r.Text), low) }, fmt.Sprintf("not found: %s", s.search))
}

// maxTyped is how long a line may be that somebody types.
const maxTyped = 1000

// typeKey takes a key while a text is typed.
func (s *Session) typeKey(key string) {
	switch r, size := utf8.DecodeRuneInString(key); {
	case key == "esc":
		s.asks = ""
	case key == "enter":
		asked, text := s.asks, s.typed
		s.asks, s.typed = "", ""
		if asked == "/" {
			s.search = text
			s.again(1)
		} else if text != "" {
			s.addNote(text)
		}
	case key == "backspace":
		_, size := utf8.DecodeLastRuneInString(s.typed)
		s.typed = s.typed[:len(s.typed)-size]
	case key == "space":
		s.typed += " "
	case size == len(key) && unicode.IsPrint(r) && len(s.typed) < maxTyped:
		s.typed += key
	}
}

// quotes reports whether a note can be put at the cursor.
func (s *Session) quotes() bool {
	if s.list || s.rows[s.cursor].quote == 0 {
		s.status = "notes go on a line of a mail: Enter opens one"
		return false
	}
	return true
}

// addNote puts a note at the cursor: where that is not a line of the mail, on its first.
func (s *Session) addNote(text string) {
	s.notes[s.page] = append(s.notes[s.page], note{max(s.rows[s.cursor].quote, 1), text})
	s.status = "noted; R writes the draft of the reply"
}

// findingNote is what a mail says of a finding.
func findingNote(f *report.Finding) string {
	text := fmt.Sprintf("%s [%s]", f.Message, f.Check)
	if f.Hint != "" {
		text += "\n" + strings.ToUpper(f.Hint[:1]) + f.Hint[1:] + "."
	}
	return text
}

// reply writes the draft of a reply to the patch at the cursor.
func (s *Session) reply() {
	page := s.current()
	m := s.mailOf(page)
	switch {
	case s.opts.Draft == nil:
		s.status = "this session cannot write a draft"
	case m == nil:
		s.status = "there is no mail to reply to"
	case len(s.notes[page]) == 0 && !s.accepted[page]:
		s.status = "nothing to reply: a accepts, c notes, f takes a finding"
	case s.accepted[page] && s.opts.From == "":
		s.status = "git does not know whose Reviewed-by it is: git config user.name and user.email say so"
	default:
		s.status = told(s.opts.Draft(page, draft(m, s.opts.From, s.notes[page], s.accepted[page])))
	}
}
