package sipgate

import "strings"

// form is the body of a push event: the values of each key in order. Lists of
// users have the key "user[]" in newCall events and "user" in others.
type form map[string][]string

// maxFields is how many fields are read.
const maxFields = 1000

// parseForm never fails. See [ParseEvent] for its handling of bad input.
func parseForm(body string) form {
	f := make(form)
	spelling := make(map[string]string)
	n := 0
	for field := range strings.SplitSeq(body, "&") {
		if n++; n > maxFields {
			break
		}
		key, value, _ := strings.Cut(field, "=")
		if key = unescape(key); key == "" {
			continue
		}
		name := key
		switch key {
		case "user[]", "userId[]", "fullUserId[]":
			name = strings.TrimSuffix(key, "[]")
		}
		if spelling[name] == "" {
			spelling[name] = key
		}
		if spelling[name] == key && len(f[name]) <= maxEventUser {
			f[name] = append(f[name], unescape(value))
		}
	}
	return f
}

// first returns the first value of key, "" if there is none.
func (f form) first(key string) string {
	if v := f[key]; len(v) > 0 {
		return v[0]
	}
	return ""
}

// list returns the non-empty values of key.
func (f form) list(key string) []string {
	var out []string
	for _, v := range f[key] {
		if v != "" && len(out) < maxEventUser {
			out = append(out, v)
		}
	}
	return out
}

const replacement = "\uFFFD"

// unescape decodes a key or a value. It replaces a per cent sign that starts
// no escape, and every byte of invalid UTF-8, by U+FFFD.
func unescape(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '+':
			b.WriteByte(' ')
		case s[i] == '%' && i+2 < len(s) && hexValue(s[i+1]) >= 0 && hexValue(s[i+2]) >= 0:
			b.WriteByte(byte(hexValue(s[i+1])<<4 | hexValue(s[i+2])))
			i += 2
		case s[i] == '%':
			b.WriteString(replacement)
		default:
			b.WriteByte(s[i])
		}
	}
	return strings.ToValidUTF8(b.String(), replacement)
}

// hexValue returns the value of a hexadecimal digit, -1 for any other byte.
func hexValue(c byte) int {
	switch {
	case isDigit(c):
		return int(c - '0')
	case 'a' <= c && c <= 'f':
		return int(c-'a') + 10
	case 'A' <= c && c <= 'F':
		return int(c-'A') + 10
	}
	return -1
}
