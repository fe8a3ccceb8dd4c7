package views

// GreetingsModel is the model of [Greetings].
type GreetingsModel struct {
	Numbers    []NumberGreeting
	Unreadable bool   // the numbers could not be read
	Saved      string // the number whose greeting was saved just now, "" if none was

	// Mistaken is the number of a greeting that was not saved, Typed what was typed,
	// and Code says what is wrong with it.
	Mistaken, Typed, Code string
}

// NumberGreeting is a number of the team.
type NumberGreeting struct {
	Number string // as it is sent: "+492214710"
	Shown  string
	Name   string // of the user, group or line; "" if it has none
	Text   string // "" without a greeting
}

func (m GreetingsModel) isMistaken(n NumberGreeting) bool {
	return m.Code != "" && m.Mistaken == n.Number
}

// value returns what is in the field of a number.
func (m GreetingsModel) value(n NumberGreeting) string {
	if m.isMistaken(n) {
		return m.Typed
	}
	return n.Text
}

// title returns how a number is called.
func (n NumberGreeting) title() string { return either(n.Name != "", n.Name, n.Shown) }
