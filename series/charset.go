// SPDX-License-Identifier: GPL-2.0-only

package series

import (
	"bytes"
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

// toUTF8 converts text from a charset. It fails where iconv does: on an unknown charset, and on
// bytes that the charset does not have. Text in UTF-8, or without a charset, is not looked at.
func toUTF8(text []byte, charset string) ([]byte, error) {
	if charset == "" || isUTF8Name(charset) {
		return text, nil
	}
	name := strings.ToLower(charset)
	if isASCII(text) && !sevenBitCharset(name) {
		if knownCharset(name) {
			return text, nil
		}
		return nil, fmt.Errorf("unknown charset %q", charset)
	}
	if asciiCharset(name) {
		return nil, fmt.Errorf("bytes that are not in the charset %q", charset)
	}
	enc := lookupCharset(name)
	if enc == nil {
		return nil, fmt.Errorf("unknown charset %q", charset)
	}
	out, err := enc.NewDecoder().Bytes(text)
	if err != nil || !validDecoded(out, text, name) {
		return nil, fmt.Errorf("bytes that are not in the charset %q", charset)
	}
	return out, nil
}

// isUTF8Name knows UTF-8 as git does: "utf-8", "UTF8".
func isUTF8Name(charset string) bool {
	return asciiEqualFold(charset, "utf-8") || asciiEqualFold(charset, "utf8")
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

func knownCharset(name string) bool { return asciiCharset(name) || lookupCharset(name) != nil }

// lookupCharset returns the encoding of a lower-case charset name as iconv knows it, or nil.
func lookupCharset(name string) encoding.Encoding {
	switch plain := strings.NewReplacer("-", "", "_", "").Replace(name); plain {
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
		if part, ok := strings.CutPrefix(plain, "iso8859"); ok {
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

// validDecoded reports whether every byte of text was in its charset. x/text marks the others
// with U+FFFD, or, in the charsets of Windows, maps them to C1 controls.
func validDecoded(out, text []byte, name string) bool {
	if bytes.ContainsRune(out, utf8.RuneError) && !bytes.ContainsRune(text, utf8.RuneError) {
		return false
	}
	if strings.HasPrefix(name, "windows-125") || strings.HasPrefix(name, "cp125") {
		for _, r := range string(out) {
			if 0x80 <= r && r <= 0x9f {
				return false
			}
		}
	}
	return true
}
