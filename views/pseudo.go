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

// Pseudo is English as if it were foreign: accents on the letters, brackets
// around each text, and two fifths longer. What is seen without brackets is no
// word of ours or was put together from parts; where the closing one is
// missing, the view cuts texts off. It is for looking at views and none of
// [Langs]: nobody is shown it who did not ask for it in the demo.
const Pseudo Lang = "en-XA"

// foreign are the letters of Pseudo.
var foreign = strings.NewReplacer(
	"a", "á", "b", "ƀ", "c", "ç", "d", "ð", "e", "é", "f", "ƒ", "g", "ĝ", "h", "ĥ", "i", "î", "j", "ĵ", "k", "ķ", "l", "ļ", "m", "ɱ",
	"n", "ñ", "o", "ö", "p", "þ", "q", "ǫ", "r", "ŕ", "s", "š", "t", "ţ", "u", "û", "v", "ṽ", "w", "ŵ", "x", "ẋ", "y", "ý", "z", "ž",
	"A", "Å", "B", "Ɓ", "C", "Ç", "D", "Ð", "E", "É", "F", "Ƒ", "G", "Ĝ", "H", "Ĥ", "I", "Î", "J", "Ĵ", "K", "Ķ", "L", "Ļ", "M", "Ṁ",
	"N", "Ñ", "O", "Ö", "P", "Þ", "Q", "Ǫ", "R", "Ŕ", "S", "Š", "T", "Ţ", "U", "Û", "V", "Ṽ", "W", "Ŵ", "X", "Ẋ", "Y", "Ý", "Z", "Ž",
)

// slot is a place in a text that something else is put into.
var placeholder = regexp.MustCompile(`%(?:\.\d)?(?:\[\d\])?(?:\.\d)?[a-z%]|\{n\}`)

// pseudo makes the text of an English one.
func pseudo(text string) string {
	var b strings.Builder
	b.WriteByte('[')
	from := 0
	for _, at := range placeholder.FindAllStringIndex(text, -1) {
		b.WriteString(foreign.Replace(text[from:at[0]]))
		b.WriteString(text[at[0]:at[1]])
		from = at[1]
	}
	b.WriteString(foreign.Replace(text[from:]))
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

// pseudoWord is how many characters are added without a place to break a line.
const pseudoWord = 7

// pseudoDictionary is made when somebody first asks for it.
var pseudoDictionary = sync.OnceValue(func() *dictionary {
	builder := catalog.NewBuilder(catalog.Fallback(language.English))
	plain, err := load(builder, language.English, English, pseudo)
	if err != nil {
		panic(err) // English was loaded before
	}
	return &dictionary{plain, message.NewPrinter(language.English, message.Catalog(builder))}
})
