// SPDX-License-Identifier: GPL-2.0-only

package mail

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/ianaindex"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/encoding/unicode/utf32"
)

var (
	errCharset        = errors.New("bytes that are not in the charset")
	errUnknownCharset = errors.New("unknown charset")
)

// toUTF8 converts text from a charset. It fails where iconv does: on an unknown charset, and on
// bytes that the charset does not have. Text in UTF-8, or without a charset, is not looked at.
func toUTF8(text []byte, charset string) ([]byte, error) {
	if charset == "" || isUTF8Name(charset) {
		return text, nil
	}
	name := charsetName(charset)
	if isASCII(text) && !sevenBitCharset(name) {
		if knownCharset(name) {
			return text, nil
		}
		return nil, fmt.Errorf("%w %q", errUnknownCharset, charset)
	}
	if isUTF8Name(name) && utf8.Valid(text) { // spelt so that git does not know it, and has it checked
		return text, nil
	}
	if asciiCharset(name) || isUTF8Name(name) {
		return nil, fmt.Errorf("%w %q", errCharset, charset)
	}
	enc := lookupCharset(name)
	if enc == nil {
		return nil, fmt.Errorf("%w %q", errUnknownCharset, charset)
	}
	out, err := decodeText(enc, text)
	if err != nil {
		return nil, fmt.Errorf("%w %q", errCharset, charset)
	}
	return out, nil
}

// charsetName returns the name in lower case, without the characters that iconv skips.
func charsetName(charset string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case 'A' <= r && r <= 'Z':
			return r + 'a' - 'A'
		case 'a' <= r && r <= 'z', '0' <= r && r <= '9', strings.ContainsRune("-_.,:/", r):
			return r
		}
		return -1
	}, charset)
}

// isUTF8Name knows UTF-8 as git does: "utf-8", "UTF8".
func isUTF8Name(charset string) bool {
	return EqualFold(charset, "utf-8") || EqualFold(charset, "utf8")
}

func isASCII(b []byte) bool {
	for _, c := range b {
		if c >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// sevenBitCharset reports whether the charset gives bytes below 0x80 a meaning of its own.
func sevenBitCharset(name string) bool {
	return strings.HasPrefix(name, "utf-16") || strings.HasPrefix(name, "utf16") ||
		strings.HasPrefix(name, "utf-32") || strings.HasPrefix(name, "utf32") ||
		strings.HasPrefix(name, "ucs") || strings.HasPrefix(name, "utf-7") ||
		strings.HasPrefix(name, "iso-2022") || strings.HasPrefix(name, "iso2022") ||
		strings.HasPrefix(name, "csiso2022") || strings.HasPrefix(name, "hz") ||
		strings.HasPrefix(name, "ebcdic") || strings.HasPrefix(name, "cp037") ||
		strings.HasPrefix(name, "ibm037") || strings.HasPrefix(name, "ibm1047")
}

func asciiCharset(name string) bool {
	switch name {
	case "us-ascii", "ascii", "ansi_x3.4-1968", "ansi_x3.4-1986", "iso-ir-6", "iso_646.irv:1991",
		"iso646-us", "us", "ibm367", "cp367", "csascii", "646":
		return true
	}
	return false
}

func knownCharset(name string) bool {
	return asciiCharset(name) || isUTF8Name(name) || lookupCharset(name) != nil
}

// ReadsAsASCII reports whether the ASCII of a text whose Content-Type is given stands there as it is.
func ReadsAsASCII(contentType string) bool {
	_, charset, _ := strings.Cut(strings.ToLower(contentType), "charset=")
	charset, _, _ = strings.Cut(strings.Trim(charset, " \""), ";")
	name := charsetName(strings.Trim(charset, " \""))
	return name == "" || knownCharset(name) && !sevenBitCharset(name)
}

// Unreadable reports whether the text, or a header, is in a charset that nobody knows, or not in the one that it names.
func (i *Info) Unreadable() bool {
	return errors.Is(i.Problem, errCharset) || errors.Is(i.Problem, errUnknownCharset)
}

// charsetMarks are the characters that say nothing in the name of a charset.
var charsetMarks = strings.NewReplacer("-", "", "_", "")

// lookupCharset returns the encoding of a lower-case charset name as iconv knows it, or nil.
func lookupCharset(name string) encoding.Encoding {
	switch plain := charsetMarks.Replace(name); plain {
	case "latin1", "l1", "88591", "cp819", "iso88591", "ibm819":
		return charmap.ISO8859_1
	case "latin2", "l2":
		return charmap.ISO8859_2
	case "latin9", "l9":
		return charmap.ISO8859_15
	case "cp1250", "msee":
		return charmap.Windows1250
	case "cp1251", "mscyrl":
		return charmap.Windows1251
	case "cp1252", "msansi":
		return charmap.Windows1252
	case "koi8r":
		return charmap.KOI8R
	case "koi8u":
		return charmap.KOI8U
	case "gb2312", "euccn", "gbk", "cp936":
		return simplifiedchinese.GBK
	case "gb18030":
		return simplifiedchinese.GB18030
	case "big5", "cp950", "big5hkscs":
		return traditionalchinese.Big5
	case "eucjp", "ujis":
		return japanese.EUCJP
	case "shiftjis", "sjis", "mskanji", "cp932", "windows31j":
		return japanese.ShiftJIS
	case "iso2022jp":
		return japanese.ISO2022JP
	case "euckr", "ksc56011987", "cp949", "uhc":
		return korean.EUCKR
	case "utf16":
		return unicode.UTF16(unicode.LittleEndian, unicode.UseBOM)
	case "utf16le":
		return unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM)
	case "utf16be":
		return unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM)
	case "utf32":
		return utf32.UTF32(utf32.LittleEndian, utf32.UseBOM)
	default:
		if part, ok := strings.CutPrefix(strings.TrimPrefix(plain, "iso"), "8859"); ok {
			name = "iso-8859-" + part
		} else if part, ok := strings.CutPrefix(plain, "cp125"); ok {
			name = "windows-125" + part
		}
	}
	enc, err := ianaindex.IANA.Encoding(name)
	if err != nil {
		return nil
	}
	return enc
}

// decodeText is what iconv does. x/text makes U+FFFD of bytes that a charset does not have. In
// the charsets of Windows it makes C1 controls of some; in those of ISO, where iconv knows these
// controls, it has none.
func decodeText(enc encoding.Encoding, text []byte) ([]byte, error) {
	table, ok := enc.(*charmap.Charmap)
	if !ok {
		out, err := enc.NewDecoder().Bytes(text)
		if err == nil && bytes.Contains(out, []byte("\uFFFD")) {
			err = errCharset
		}
		return out, err
	}
	first, last := table.DecodeByte(0x80), table.DecodeByte(0x9f)
	controls := first == utf8.RuneError && last == utf8.RuneError
	iso := controls || first == 0x80 && last == 0x9f
	out := make([]byte, 0, len(text)+len(text)/2)
	for _, c := range text {
		r := table.DecodeByte(c)
		if controls && 0x80 <= c && c <= 0x9f {
			r = rune(c)
		}
		if r == utf8.RuneError || !iso && 0x80 <= r && r <= 0x9f {
			return nil, errCharset
		}
		out = utf8.AppendRune(out, r)
	}
	return out, nil
}
