// SPDX-License-Identifier: GPL-2.0-only

package mail

import (
	"errors"
	"strconv"
	"strings"
	"time"
)

var errDate = errors.New("not a date")

// noOffset marks a time zone that was not read yet.
const noOffset = -1

// lastTimestamp is 2099-12-31 23:59:59 UTC, the end of the dates that git takes.
const lastTimestamp = 4102444799

// A dateParser collects the parts of a date in any order, as git does; -1 is "not seen".
type dateParser struct {
	year, month, day     int // year since 1900, month from 0
	hour, minute, second int
	offset               int  // minutes east of UTC
	utc                  bool // the parts are in UTC, whatever the offset
	now                  time.Time
}

// ParseDate reads a date as git does for the author of a commit. It takes nearly any form, and
// skips what it does not know. A date without zone is taken as UTC. The time it returns is in
// the zone of the text.
func ParseDate(s string) (time.Time, error) {
	if t, ok := parseRawDate(s); ok {
		return t, nil
	}
	p := dateParser{-1, -1, -1, -1, -1, -1, noOffset, false, time.Now()}
	for s != "" && s[0] != '\n' && s[0] != 0 {
		n := 1
		switch c := s[0]; {
		case isAlpha(c):
			n = p.word(s)
		case IsDigit(c):
			n = p.number(s)
		case (c == '-' || c == '+') && len(s) > 1 && IsDigit(s[1]):
			n = p.zone(s)
		}
		s = s[max(n, 1):]
	}
	return p.time()
}

// parseRawDate reads git's own form: "@1700000000 +0100".
func parseRawDate(s string) (time.Time, bool) {
	s, ok := strings.CutPrefix(strings.TrimSuffix(s, "\n"), "@")
	if !ok {
		return time.Time{}, false
	}
	num, zone, ok := strings.Cut(s, " ")
	stamp, err := strconv.ParseUint(num, 10, 62)
	if !ok || err != nil || len(zone) != 5 || zone[0] != '+' && zone[0] != '-' {
		return time.Time{}, false
	}
	n, err := strconv.Atoi(strings.TrimLeft(zone[1:], " \t\v\f\r")) // as strtol reads it
	if err != nil {
		return time.Time{}, false
	}
	minutes := n/100*60 + n%100
	if zone[0] == '-' {
		minutes = -minutes
	}
	return InZone(int64(stamp), minutes), true
}

// InZone returns a time in seconds of the epoch in the zone that is so many minutes east of Greenwich.
func InZone(stamp int64, minutes int) time.Time {
	if minutes == 0 {
		return time.Unix(stamp, 0).UTC()
	}
	return time.Unix(stamp, 0).In(time.FixedZone("", minutes*60))
}

func (p *dateParser) time() (time.Time, error) {
	if p.year < 70 || p.year > 199 || p.month < 0 || p.hour < 0 || p.minute < 0 || p.second < 0 {
		return time.Time{}, errDate
	}
	stamp := time.Date(p.year+1900, time.Month(p.month+1), p.day, p.hour, p.minute, p.second, 0, time.UTC).Unix()
	if stamp < 0 { // git writes a huge number
		return time.Time{}, errDate
	}
	offset := p.offset
	if offset == noOffset {
		offset = 0
	}
	if !p.utc {
		if offset > 0 && int64(offset)*60 > stamp || offset < 0 && -int64(offset)*60 > lastTimestamp-stamp {
			return time.Time{}, errDate
		}
		stamp -= int64(offset) * 60
	}
	return InZone(stamp, offset), nil
}

var monthNames = [...]string{"January", "February", "March", "April", "May", "June", "July",
	"August", "September", "October", "November", "December"}

var dayNames = [...]string{"Sundays", "Mondays", "Tuesdays", "Wednesdays", "Thursdays",
	"Fridays", "Saturdays"}

// zoneNames are the zones that git knows by name, with their hours east of UTC, summer time
// included. The order matters: three letters that match are enough.
var zoneNames = [...]struct {
	name  string
	hours int
}{
	{"IDLW", -12}, {"NT", -11}, {"CAT", -10}, {"HST", -10}, {"HDT", -9}, {"YST", -9}, {"YDT", -8},
	{"PST", -8}, {"PDT", -7}, {"MST", -7}, {"MDT", -6}, {"CST", -6}, {"CDT", -5}, {"EST", -5},
	{"EDT", -4}, {"AST", -3}, {"ADT", -2}, {"WAT", -1}, {"GMT", 0}, {"UTC", 0}, {"Z", 0}, {"WET", 0},
	{"BST", 1}, {"CET", 1}, {"MET", 1}, {"MEWT", 1}, {"MEST", 2}, {"CEST", 2}, {"MESZ", 2}, {"FWT", 1},
	{"FST", 2}, {"EET", 2}, {"EEST", 3}, {"WAST", 7}, {"WADT", 8}, {"CCT", 8}, {"JST", 9}, {"EAST", 10},
	{"EADT", 11}, {"GST", 10}, {"NZT", 12}, {"NZST", 12}, {"NZDT", 13}, {"IDLE", 12},
}

// word reads a month, a day of the week, a zone or AM and PM, and returns its length.
func (p *dateParser) word(s string) int {
	for i, name := range monthNames {
		if n := matchWord(s, name); n >= 3 {
			p.month = i
			return n
		}
	}
	for _, name := range dayNames {
		if n := matchWord(s, name); n >= 3 {
			return n
		}
	}
	for _, z := range zoneNames {
		if n := matchWord(s, z.name); n >= 3 || n == len(z.name) {
			if p.offset == noOffset {
				p.offset = 60 * z.hours
			}
			return n
		}
	}
	switch {
	case matchWord(s, "PM") == 2:
		p.hour = p.hour%12 + 12
		return 2
	case matchWord(s, "AM") == 2:
		p.hour %= 12
		return 2
	case s[0] == 'T' && len(s) > 1 && IsDigit(s[1]) && p.hour == -1:
		p.minute, p.second = 0, 0
		return 1
	}
	n := 1
	for n < len(s) && isAlpha(s[n]) {
		n++
	}
	return n
}

// matchWord returns how many letters of s match word, or 0 where s goes on differently.
func matchWord(s, word string) int {
	i := 0
	for ; i < len(s) && s[i] != 0; i++ {
		if i < len(word) && asciiLower(s[i]) == asciiLower(word[i]) {
			continue
		}
		if !isAlpha(s[i]) && !IsDigit(s[i]) {
			break
		}
		return 0
	}
	return i
}

// number reads digits: a date, a time, a year, a day … and returns their length.
func (p *dateParser) number(s string) int {
	num, end := LeadingNumber(s)
	if num >= 100000000 && num < 1<<55 && p.nothingSeen() { // seconds since 1970
		t := time.Unix(num, 0).UTC()
		p.year, p.month, p.day = t.Year()-1900, int(t.Month())-1, t.Day()
		p.hour, p.minute, p.second = t.Hour(), t.Minute(), t.Second()
		p.utc = true
		return end
	}
	if end+1 < len(s) && strings.IndexByte(":./-", s[end]) >= 0 && IsDigit(s[end+1]) {
		if n := p.numbers(s, num, end); n > 0 {
			return n
		}
	}
	switch {
	case end == 8:
		p.setDate(num/10000, num%10000/100, num%100, false)
		return end
	case end == 6:
		if p.setTime(num/10000, num%10000/100, num%100) && end+1 < len(s) && s[end] == '.' && IsDigit(s[end+1]) {
			_, n := LeadingNumber(s[end+1:])
			end += 1 + n
		}
		return end
	}
	if p.hour == -1 && p.minute == 0 && p.second == 0 { // after the T of ISO 8601
		hour, minute := num, int64(0)
		if end == 4 {
			hour, minute = num/100, num%100
		}
		if (end == 4 || end == 2) && p.setTime(hour, minute, 0) {
			return end
		}
		p.minute, p.second = -1, -1
	}
	p.guess(num, end)
	return end
}

// guess takes a number without a form of its own by how many digits it has, and by what is
// missing: the day comes before the year and the month.
func (p *dateParser) guess(num int64, digits int) {
	switch {
	case digits == 4 && num <= 1400 && p.offset == noOffset:
		p.offset = int(num/100*60 + num%100)
	case digits == 4 && num > 1900 && num < 2100:
		p.year = int(num - 1900)
	case digits > 2:
	case num > 0 && num < 32 && p.day < 0:
		p.day = int(num)
	case digits == 2 && p.year < 0 && num < 10 && p.day >= 0:
		p.year = int(num + 100)
	case digits == 2 && p.year < 0 && num >= 70:
		p.year = int(num)
	case num > 0 && num < 13 && p.month < 0:
		p.month = int(num - 1)
	}
}

// numbers reads a time "12:30[:45]" or a date of three numbers, whose first is num. It returns
// the length, or 0 where they are neither.
func (p *dateParser) numbers(s string, num int64, end int) int {
	sep := s[end]
	second, n := LeadingNumber(s[end+1:])
	end += 1 + n
	third := int64(-1)
	if end+1 < len(s) && s[end] == sep && IsDigit(s[end+1]) {
		third, n = LeadingNumber(s[end+1:])
		end += 1 + n
	}
	if sep == ':' {
		if !p.setTime(num, second, max(third, 0)) {
			return 0
		}
		if end+1 < len(s) && s[end] == '.' && IsDigit(s[end+1]) && p.year != -1 && p.month != -1 && p.day != -1 {
			_, n := LeadingNumber(s[end+1:])
			end += 1 + n
		}
		return end
	}
	switch {
	case num > 70 && p.setDate(num, second, third, false),
		num > 70 && p.setDate(num, third, second, false),
		sep != '.' && p.setDate(third, num, second, true),
		p.setDate(third, second, num, true),
		sep == '.' && p.setDate(third, num, second, true):
		return end
	}
	return 0
}

// setDate sets the date where it is one; with refuseFuture it must not be more than ten days
// ahead, and a year of -1 means this year.
func (p *dateParser) setDate(year, month, day int64, refuseFuture bool) bool {
	if month < 1 || month > 12 || day < 1 || day > 31 {
		return false
	}
	var tmYear int
	switch {
	case year == -1 && !refuseFuture:
		p.month, p.day = int(month-1), int(day)
		return true
	case year == -1:
		tmYear = p.now.UTC().Year() - 1900
	case year >= 1970 && year < 2100:
		tmYear = int(year - 1900)
	case year > 70 && year < 100:
		tmYear = int(year)
	case year < 38:
		tmYear = int(year + 100)
	default:
		if !refuseFuture { // git leaves these behind
			p.month, p.day = int(month-1), int(day)
		}
		return false
	}
	if refuseFuture && p.hour >= 0 && p.minute >= 0 && p.second >= 0 {
		t := time.Date(tmYear+1900, time.Month(month), int(day), p.hour, p.minute, p.second, 0, time.UTC)
		if t.After(p.now.Add(10 * 24 * time.Hour)) {
			return false
		}
	}
	p.month, p.day = int(month-1), int(day)
	if year != -1 || !refuseFuture {
		p.year = tmYear
	}
	return true
}

func (p *dateParser) setTime(hour, minute, second int64) bool {
	if hour < 0 || hour > 24 || minute < 0 || minute >= 60 || second < 0 || second > 60 {
		return false
	}
	p.hour, p.minute, p.second = int(hour), int(minute), int(second)
	return true
}

func (p *dateParser) nothingSeen() bool {
	return p.year < 0 && p.month < 0 && p.day < 0 && p.hour < 0 && p.minute < 0 && p.second < 0
}

// zone reads "+0100", "-07" or "+05:30" and returns its length.
func (p *dateParser) zone(s string) int {
	hour, n := LeadingNumber(s[1:])
	end := 1 + n
	minute := int64(0)
	switch {
	case n == 4:
		hour, minute = hour/100, hour%100
	case n != 2:
		return end
	case end < len(s) && s[end] == ':':
		var m int
		minute, m = LeadingNumber(s[end+1:])
		end += 1 + m
		if m != 2 {
			return end
		}
	}
	if minute < 60 && hour < 24 {
		p.offset = int(hour*60 + minute)
		if s[0] == '-' {
			p.offset = -p.offset
		}
	}
	return end
}

// LeadingNumber returns the number at the start of s and its length; a huge one is cut short.
func LeadingNumber(s string) (num int64, n int) {
	for n < len(s) && IsDigit(s[n]) {
		if num < 1<<55 {
			num = num*10 + int64(s[n]-'0')
		}
		n++
	}
	return num, n
}

func isAlpha(c byte) bool { return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' }

// IsDigit reports whether c is a digit of ASCII.
func IsDigit(c byte) bool { return '0' <= c && c <= '9' }
