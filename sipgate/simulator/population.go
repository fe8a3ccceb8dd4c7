package simulator

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Size says how many accounts and users there are. The zero value stands for
// three accounts with three and two users, of which the first has calls. Its
// tags declare command-line flags for the kong library; the variables are not
// those of the dashboard's settings, of which one is called --accounts too.
type Size struct {
	Accounts AccountCount `placeholder:"N" env:"CALLBOARD_SIMULATED_ACCOUNTS" help:"Simulated accounts, 1 to 500, all with calls. Default: three, of which the first has calls."`
	Users    UserCount    `placeholder:"N" env:"CALLBOARD_SIMULATED_USERS" help:"Users of each simulated account, 3 to 500. Default: two to five."`
}

// AccountCount is a number of accounts, 1 to 500; 0 is the default.
type AccountCount int

// UserCount is a number of users of an account, 3 to 500; 0 is the default.
type UserCount int

const (
	maxAccounts = 500
	minUsers    = 3 // the first account needs them
	maxUsers    = 500
)

// UnmarshalText implements [encoding.TextUnmarshaler] for command lines.
func (n *AccountCount) UnmarshalText(text []byte) error {
	v, err := parseCount(text, 1, maxAccounts)
	*n = AccountCount(v)
	return err
}

// UnmarshalText implements [encoding.TextUnmarshaler] for command lines.
func (n *UserCount) UnmarshalText(text []byte) error {
	v, err := parseCount(text, minUsers, maxUsers)
	*n = UserCount(v)
	return err
}

func parseCount(text []byte, least, most int) (int, error) {
	n, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil || n < least || n > most {
		return 0, fmt.Errorf("%q is not a number from %d to %d", text, least, most)
	}
	return n, nil
}

func (z Size) check() error {
	if z.Accounts < 0 || z.Accounts > maxAccounts || z.Users != 0 && (z.Users < minUsers || z.Users > maxUsers) {
		return errors.New("simulator: Options.Size is out of range")
	}
	return nil
}

// A population invents people, the same ones in every process. As long as there
// are at most len(firstNames) * len(lastNames), all have different names, and
// those of an account with up to len(firstNames) people differ in first and
// last name.
type population struct{ people int }

func (p *population) next() (first, last string) {
	i := p.people
	p.people++
	return firstNames[i*firstStep%len(firstNames)], lastNames[i*lastStep%len(lastNames)]
}

// fill adds users to an account until it has n. On the classic platform the new
// ones work in departments, and each eleventh in none.
func (p *population) fill(a *account, n int) {
	_, domain, _ := strings.Cut(a.users[0].email, "@")
	known := len(a.users)
	for len(a.users) < n {
		first, last := p.next()
		a.addUser(first, last, domain, false)
	}
	if fresh := a.users[known:]; len(fresh) > 0 && !a.neo() {
		a.addDepartments(slices.DeleteFunc(slices.Clone(fresh), func(u *user) bool { return slices.Index(fresh, u)%11 == 10 }))
	}
}

// addDepartments makes users the members of groups: of few departments if they are
// few.
func (a *account) addDepartments(users []*user) {
	names := departments
	if len(users) > 8*len(departments) {
		names = append(slices.Clone(departments), furtherDepartments...)
	}
	part := (len(users) + len(names) - 1) / len(names)
	for i, alias := range names {
		if from := i * part; from < len(users) {
			a.addGroup(alias, fmt.Sprintf("%s0%d0", a.extensions, i+1), users[from:min(len(users), from+part)]...)
		}
	}
}

// officeUsers is the number of users of an invented office, unless there is
// another one in [Size].
const officeUsers = 5

// office returns the account of an invented company with users, or officeUsers
// if that is 0. k is its place among all accounts.
func (p *population) office(k, users int) *account {
	if users == 0 {
		users = officeUsers
	}
	name := lastNames[k*lastStep%len(lastNames)]
	company := fmt.Sprintf(companyForms[k%len(companyForms)], name)
	a := newAccount(strconv.Itoa(3100017+241*k), company, "")
	a.extensions = extensionsOf(k)
	domain := strings.Trim(notInDomains.ReplaceAllString(plainLetters.Replace(strings.ToLower(company)), "-"), "-") + ".example"
	for i := range users {
		first, last := p.next()
		a.addUser(first, last, domain, i == 0)
	}
	for i, u := range a.users {
		if i%3 == 1 {
			u.devices = append(u.devices, &device{id: "y" + digits(i), alias: "Handy " + u.first, kind: "MOBILE", online: true, owner: u})
		}
	}
	a.addGroup("Zentrale", a.extensions+"000", a.users[:min(len(a.users), 4)]...)
	a.addDepartments(a.users)
	for i := range officeContacts {
		first, last := p.next()
		number := cityPrefixes[(k+i)%len(cityPrefixes)] + strconv.Itoa(800+(7*k+i)%100)
		a.contacts = append(a.contacts, sharedContact(first+" "+last, number, ""))
	}
	return a
}

// extensionsOf returns the prefix of the direct dials of the account at place k:
// 3 digits follow. No such number begins like one that is in use otherwise.
func extensionsOf(k int) string {
	return fmt.Sprintf("%s9%02d", cityPrefixes[k%len(cityPrefixes)], k/len(cityPrefixes))
}

// cityPrefixes are the reserved numbers of Berlin, Hamburg, Cologne, Munich and
// Frankfurt without their last three digits.
var cityPrefixes = []string{"+493023125", "+494066969", "+492214710", "+498999998", "+496990009"}

// officeContacts is the number of contacts of an invented office.
const officeContacts = 12

// departments are the groups of an invented office besides its switchboard, and
// furtherDepartments those of a large one.
var (
	departments        = []string{"Vertrieb", "Service", "Buchhaltung"}
	furtherDepartments = []string{"Einkauf", "Versand", "Personal", "IT"}
)

// companyForms are kinds of companies, with the name of their owner. Their
// number and that of lastNames have no common divisor, so that no two of
// maxAccounts companies have the same name.
var companyForms = []string{
	"Tischlerei %s", "%s Logistics Ltd", "Steuerkanzlei %s", "Autohaus %s GmbH", "%s & Partners", "Gärtnerei %s", "Elektro %s GmbH", "%s Travel",
	"Hausverwaltung %s", "Buchhandlung %s", "%s Software GmbH", "Architekturbüro %s", "Bäckerei %s", "%s Insurance Brokers", "Sanitätshaus %s", "Druckerei %s",
}

// firstStep and lastStep have no common divisor with the number of names.
const (
	firstStep = 35
	lastStep  = 37
)

// firstNames and lastNames have no name of the users of the first three
// accounts. Their numbers have no common divisor.
var firstNames = strings.Fields(`
	Friederike Lena Hannah Sophie Marie Clara Greta Johanna Charlotte Ida Frieda Helene
	Paula Luise Antonia Franziska Theresa Annika Carolin Birgit Renate Sabine Ulrike Heike
	Lukas Felix Maximilian Paul Moritz Jakob Emil Anton Theo Matteo Konstantin Benedikt
	Florian Tobias Sebastian Matthias Stefan Jürgen Holger Uwe Dieter Günther Jörg Björn
	Emily Olivia Amelia Grace Chloe Lucy Hazel Ruby Alice Violet Harriet Georgia
	Imogen Rosie Abigail Heather Rachel Megan Gemma Nicola Joanne Beth Fiona Zoe
	Jack Harry Oscar George Henry Arthur Alfie Freddie Edward Archie Callum Declan
	Rhys Owen Gareth Duncan Ewan Graham Nigel Trevor Simon Adrian Colin Stuart`)

var lastNames = strings.Fields(`
	Müller Schmidt Schneider Fischer Weber Wagner Becker Schulz Koch Richter Klein Wolf Schröder
	Schwarz Zimmermann Braun Krüger Hartmann Lange Werner Krause Lehmann Köhler Herrmann König Walter
	Mayer Huber Kaiser Fuchs Scholz Möller Weiß Jung Hahn Vogel Friedrich Keil Berger Winkler
	Roth Lorenz Baumann Franke Böhm Schuster Ludwig Winter Schumacher Krämer Stein Jäger Otto Groß
	Seidel Heinrich Graf Pohl Dietrich Kuhn Engel Horn Busch Pfeiffer Sauer Arnold Thomas
	Smith Jones Taylor Brown Wilson Johnson Davies Robinson Wright Thompson Evans Walker White
	Roberts Green Hall Wood Jackson Clarke Hughes Edwards Turner Cooper Ward Morris Baker
	Harrison Morgan Patel Allen Bennett Cook Parker Bailey Carter Shaw Foster Gray Mason
	Palmer Knight Marshall Barnes Fletcher Hunter Pearce Reynolds Sutton Bishop Chapman Dawson Ellis
	Gibson Hayes Lawson Holmes Brooks Payne`)

// notInDomains matches what domain names cannot have.
var notInDomains = regexp.MustCompile(`[^a-z0-9]+`)
