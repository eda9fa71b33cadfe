// SPDX-License-Identifier: GPL-2.0-only

package mail

// decodeQP appends to dst the quoted-printable text in src, one line. A soft line break at its
// end goes, a "=" that starts no escape stays. With words it decodes the "Q" form of RFC 2047,
// where "_" is a space.
func decodeQP(dst, src []byte, words bool) []byte {
	src = CString(src)
	for i := 0; i < len(src); i++ {
		c := src[i]
		if c == '=' {
			if i+1 == len(src) || src[i+1] == '\n' {
				break
			}
			if i+2 < len(src) {
				hi, lo := hexDigit(src[i+1]), hexDigit(src[i+2])
				if hi >= 0 && lo >= 0 {
					dst = append(dst, byte(hi<<4|lo))
					i += 2
					continue
				}
			}
		}
		if words && c == '_' {
			c = ' '
		}
		dst = append(dst, c)
	}
	return dst
}

func hexDigit(c byte) int {
	switch {
	case '0' <= c && c <= '9':
		return int(c - '0')
	case 'a' <= c && c <= 'f':
		return int(c-'a') + 10
	case 'A' <= c && c <= 'F':
		return int(c-'A') + 10
	}
	return -1
}

// decodeBase64 appends to dst the base64 text in src, one line. Other characters, "=" among
// them, are skipped; bits that fill no byte at the end of the line are lost.
func decodeBase64(dst, src []byte) []byte {
	var acc uint32
	bits := 0
	for _, c := range CString(src) {
		v := base64Digit(c)
		if v < 0 {
			continue
		}
		acc = acc<<6 | uint32(v)
		bits += 6
		if bits >= 8 {
			bits -= 8
			dst = append(dst, byte(acc>>bits))
		}
	}
	return dst
}

func base64Digit(c byte) int {
	switch {
	case 'A' <= c && c <= 'Z':
		return int(c - 'A')
	case 'a' <= c && c <= 'z':
		return int(c-'a') + 26
	case '0' <= c && c <= '9':
		return int(c-'0') + 52
	case c == '+':
		return 62
	case c == '/':
		return 63
	}
	return -1
}
