// SPDX-License-Identifier: GPL-2.0-only

package report

import (
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
)

// A Patch is a patch of the series, for those who show findings at their lines.
type Patch struct {
	Index     int    `json:"index"`
	Title     string `json:"title"`
	Author    string `json:"author"`
	MessageID string `json:"message_id,omitempty"`
	// SHA256 is that of the mail.
	SHA256 string `json:"sha256,omitempty"`
	// Diff is the mail from its "---" line on, as git apply reads it.
	Diff string `json:"diff"`
	// Moved are the files of which a hunk went in elsewhere than the patch says.
	Moved []Moved `json:"moved,omitempty"`
	// Mail is for who answers.
	Mail Mail `json:"-"`
}

// A Mail is what a reply wants to know of the mail that it answers. Addresses are as "Name <address>" or an address alone.
type Mail struct {
	MessageID  string // without the angle brackets, as in References
	References []string
	From       string
	To, Cc     []string
	Date       time.Time
	Subject    string
}

// A Rule says what a check looks for, and why.
type Rule struct{ What, Why string }

// A Context says who tells others about a series.
type Context struct {
	// Name is the context of checks in patchwork and of statuses on GitHub, a slug; "" is lsmpatch. URL is where a person reads
	// more, or "".
	Name, URL string
	// Origin is the name of the CI system in KCIDB; "" is lsmpatch.
	Origin string
	// Judged is the Message-ID of the one mail that is asked about, or "". Alone says that the rest of its series was not
	// there.
	Judged string
	Alone  bool
}

// Moved says by how many lines each hunk of a file went in below the place that the patch says.
type Moved struct {
	File    string `json:"file"`
	Offsets []int  `json:"offsets"`
}

// Marks are the lines of a file after the series that a build looked at.
type Marks struct {
	File     string `json:"file"`
	Compiled Lines  `json:"compiled,omitempty"`
	// Macros are compiled where they are used.
	Macros Lines `json:"macros,omitempty"`
	// Missing were not compiled.
	Missing []Missing `json:"missing,omitempty"`
}

// Missing are lines that were not compiled, for one reason.
type Missing struct {
	Lines Lines  `json:"lines"`
	Why   string `json:"why"`
}

// Lines are numbers of lines, ascending. Their text is "3-9,12".
type Lines []int

// MarshalText writes l as "3-9,12".
func (l Lines) MarshalText() ([]byte, error) {
	var b []byte
	for i := 0; i < len(l); {
		end := i
		for end+1 < len(l) && l[end+1] == l[end]+1 {
			end++
		}
		if i > 0 {
			b = append(b, ',')
		}
		b = strconv.AppendInt(b, int64(l[i]), 10)
		if end > i {
			b = append(b, '-')
			b = strconv.AppendInt(b, int64(l[end]), 10)
		}
		i = end + 1
	}
	return b, nil
}

// maxLines bounds what a text may name.
const maxLines = 1 << 20

// UnmarshalText reads what MarshalText writes.
func (l *Lines) UnmarshalText(text []byte) error {
	*l = nil
	if len(text) == 0 {
		return nil
	}
	for part := range strings.SplitSeq(string(text), ",") {
		from, to, is := strings.Cut(part, "-")
		first, err := strconv.Atoi(from)
		last := first
		if err == nil && is {
			last, err = strconv.Atoi(to)
		}
		if err != nil || first < 1 || last < first || last-first+len(*l) > maxLines {
			return fmt.Errorf("%q names no lines", part)
		}
		for n := first; n <= last; n++ {
			*l = append(*l, n)
		}
	}
	return nil
}

// Sides are the lines of a conflict: what the patch expects, and what the tree has.
type Sides struct {
	Expected     string `json:"expected"`
	ExpectedLine int    `json:"expected_line"`
	Found        string `json:"found"`
	FoundLine    int    `json:"found_line"`
}

// Changes are what became of each patch since another version of the series.
type Changes struct {
	Old   int          `json:"old"`
	New   int          `json:"new"`
	Pairs []ChangedOne `json:"pairs"`
}

// ChangedOne is a patch in one version or both.
type ChangedOne struct {
	// Old and New are its numbers; 0 where it is not there.
	Old    int    `json:"old"`
	New    int    `json:"new"`
	Status string `json:"status"`
	Title  string `json:"title"`
	// Notes are further changes, each in a few words. Message and Code are differences, line by line.
	Notes   []string `json:"notes,omitempty"`
	Message string   `json:"message_diff,omitempty"`
	Code    string   `json:"interdiff,omitempty"`
}

// An Attachment is what somebody may want to read who does not believe a report.
type Attachment struct {
	Title string `json:"title"`
	Text  string `json:"text"`
	// Omitted is how many bytes of the beginning are left out.
	Omitted int64 `json:"omitted,omitempty"`
}

// WriteAttachments writes the attachments of r as JSON: {"attachments": [{"title", "text", "omitted"}]}.
func WriteAttachments(w io.Writer, r *Report) error {
	list := r.Attachments
	if list == nil {
		list = []Attachment{}
	}
	return json.NewEncoder(w).Encode(map[string][]Attachment{"attachments": list})
}

// ReadAttachments reads what [WriteAttachments] writes.
func ReadAttachments(text []byte) ([]Attachment, error) {
	var read struct {
		Attachments []Attachment `json:"attachments"`
	}
	if err := json.Unmarshal(text, &read); err != nil {
		return nil, fmt.Errorf("reading attachments: %w", err)
	}
	return read.Attachments, nil
}
