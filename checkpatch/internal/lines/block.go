// SPDX-License-Identifier: GPL-2.0-only

package lines

import "strings"

// LeadingLines returns the length of the white space that text starts with, line markers included.
func LeadingLines(text string) int {
	i := 0
	for {
		j := SkipSpace(text, i)
		if j > i && text[j-1] == '\n' && j < len(text) && text[j] == '+' {
			i = j + 1
			continue
		}
		return j
	}
}

// CountLines is how many lines text has without its markers, empty lines around it, and the newline at the end.
func CountLines(text string) int {
	return 1 + strings.Count(TrimSpace(DropMarkers(text)), "\n")
}

// BlockSize is the number of lines or of statements in a block, whichever is more.
func BlockSize(text string) int {
	text = DropMarkers(text)
	if rest := TrimLeft(text); strings.HasPrefix(rest, "{") {
		text = rest[1:]
	}
	if rest := TrimRight(text); strings.HasSuffix(rest, "}") {
		text = rest[:len(rest)-1]
	}
	text = TrimSpace(text)
	return max(1+strings.Count(text, "\n"), strings.Count(text, ";"))
}

// DropMarkers removes the first byte of each line.
func DropMarkers(text string) string {
	var b strings.Builder
	b.Grow(len(text))
	for i, line := range strings.Split(text, "\n") {
		if i > 0 {
			b.WriteByte('\n')
		}
		if line != "" {
			b.WriteString(line[1:])
		}
	}
	return b.String()
}

// ReadBlock reads raw lines from nr on up to the one that closes the first pair of open and shut that it sees. It
// returns how deep it still was where the lines ended; with outer, lines of deeper blocks are left out.
func (s *Source) ReadBlock(nr, left int, outer bool, open, shut byte) (level int, lines []string) {
	stack := []int{0}
	left = s.limit(left)
	for i := nr - 1; left > 0 && i < len(s.Raw); i++ {
		if s.deleted(i) {
			continue
		}
		left--
		text := s.Blanked(i)
		s.scanned += len(text)
		level, stack = blockDirective(text, level, stack)
		if strings.IndexByte(text, open) >= 0 || strings.IndexByte(text, shut) >= 0 {
			for j := range len(text) {
				if text[j] == shut && level > 0 {
					if level--; level == 0 {
						break
					}
				} else if text[j] == open {
					level++
				}
			}
		}
		if !outer || level <= 1 {
			lines = append(lines, s.Raw[i])
		}
		if level == 0 {
			break
		}
	}
	return level, lines
}

// blockDirective follows #if, #else and #endif in a line.
func blockDirective(text string, level int, stack []int) (int, []int) {
	if text == "" || strings.IndexByte(text, '#') < 0 {
		return level, stack
	}
	i := SkipSpace(text, 1)
	if i >= len(text) || text[i] != '#' {
		return level, stack
	}
	i = SkipSpace(text, i+1)
	end := WordEnd(text, i)
	switch text[i:end] {
	case "if", "ifdef", "ifndef":
		if end < len(text) && IsSpace(text[end]) {
			stack = append(stack, level)
		}
	case "else", "elif":
		if len(stack) > 0 {
			level = stack[max(len(stack)-2, 0)]
		}
	case "endif":
		if len(stack) > 0 {
			level, stack = stack[len(stack)-1], stack[:len(stack)-1]
		}
	}
	return level, stack
}
