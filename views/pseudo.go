package views

import (
	"regexp"
	"strings"
	"sync"
	"unicode"

	"golang.org/x/text/language"
	"golang.org/x/text/message"
	"golang.org/x/text/message/catalog"
)

// Pseudo is a pseudo-language for checking views: English with accents, in
// brackets, and 40 % longer. A text without brackets is not in the catalog or is
// concatenated; without the closing bracket it is clipped. Pseudo is not in
// [Langs], and available in the demo only.
const Pseudo Lang = "en-XA"

// accents replaces letters by accented ones.
var accents = strings.NewReplacer(
	"a", "á", "b", "ƀ", "c", "ç", "d", "ð", "e", "é", "f", "ƒ", "g", "ĝ", "h", "ĥ", "i", "î", "j", "ĵ", "k", "ķ", "l", "ļ", "m", "ɱ",
	"n", "ñ", "o", "ö", "p", "þ", "q", "ǫ", "r", "ŕ", "s", "š", "t", "ţ", "u", "û", "v", "ṽ", "w", "ŵ", "x", "ẋ", "y", "ý", "z", "ž",
	"A", "Å", "B", "Ɓ", "C", "Ç", "D", "Ð", "E", "É", "F", "Ƒ", "G", "Ĝ", "H", "Ĥ", "I", "Î", "J", "Ĵ", "K", "Ķ", "L", "Ļ", "M", "Ṁ",
	"N", "Ñ", "O", "Ö", "P", "Þ", "Q", "Ǫ", "R", "Ŕ", "S", "Š", "T", "Ţ", "U", "Û", "V", "Ṽ", "W", "Ŵ", "X", "Ẋ", "Y", "Ý", "Z", "Ž",
)

// placeholder matches a placeholder in a text.
var placeholder = regexp.MustCompile(`%(?:\.\d)?(?:\[\d\])?(?:\.\d)?[a-z%]|\{n\}`)

// pseudo returns the pseudo-language form of an English text.
func pseudo(text string) string {
	var b strings.Builder
	b.WriteByte('[')
	from := 0
	for _, at := range placeholder.FindAllStringIndex(text, -1) {
		b.WriteString(accents.Replace(text[from:at[0]]))
		b.WriteString(text[at[0]:at[1]])
		from = at[1]
	}
	b.WriteString(accents.Replace(text[from:]))
	letters := 0
	for _, r := range placeholder.ReplaceAllString(text, "") {
		if unicode.IsLetter(r) {
			letters++
		}
	}
	for n := (letters*2 + 4) / 5; n > 0; n -= pseudoWord {
		b.WriteByte(' ')
		b.WriteString(strings.Repeat("·", min(n, pseudoWord)))
	}
	return b.String() + "]"
}

// pseudoWord is the length of the added words.
const pseudoWord = 7

// pseudoDictionary returns the dictionary of Pseudo, built on first use.
var pseudoDictionary = sync.OnceValue(func() *dictionary {
	builder := catalog.NewBuilder(catalog.Fallback(language.English))
	plain, err := load(builder, language.English, English, pseudo)
	if err != nil {
		panic(err) // English was loaded before
	}
	return &dictionary{plain, message.NewPrinter(language.English, message.Catalog(builder))}
})
