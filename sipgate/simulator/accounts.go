package simulator

import (
	"strconv"
	"strings"
)

// makeAccounts returns the accounts of a Simulator. The first has the users w0,
// w1, w2 with one device each, e0, e1, e2; the third is on neo. Those three are
// all by default.
//
// All numbers are from the ranges that the Bundesnetzagentur reserves for films
// and books, so that no real telephone is called by accident.
func makeAccounts(size Size) []*account {
	p, list := &population{}, []*account{bikeShop(), practice(), neoAccount()}
	for k := len(list); k < int(size.Accounts); k++ {
		list = append(list, p.office(k, int(size.Users)))
	}
	if size.Accounts > 0 {
		list = list[:size.Accounts]
	}
	for k, a := range list {
		a.extensions = extensionsOf(k)
		p.fill(a, int(size.Users))
		if a.neo() {
			a.addNeoDevices()
		}
		a.makeChannels()
	}
	return list
}

func bikeShop() *account {
	bikes := newAccount("2814711", "Lindenhof Fahrräder GmbH", "+49221471011")
	bikes.addUser("Anna", "Bergmann", "lindenhof.example", true)
	bikes.addUser("Jonas", "Keller", "lindenhof.example", false)
	bikes.addUser("Mira", "Hoffmann", "lindenhof.example", false)
	bikes.addGroup("Zentrale", "+492214710100", bikes.users...)
	bikes.addGroup("Werkstatt", "+492214710120", bikes.users[1], bikes.users[2])
	bikes.contacts = bikeContacts()
	return bikes
}

func practice() *account {
	practice := newAccount("2390015", "Praxis Dr. Sommer", "+49302312511")
	practice.addUser("Katrin", "Sommer", "praxis-sommer.example", true)
	practice.addUser("Oliver", "Brandt", "praxis-sommer.example", false)
	practice.addGroup("Empfang", "+493023125100", practice.users...)
	practice.contacts = []*contact{
		sharedContact("Labor Westend", "+496990009210", "befunde@labor-westend.example"),
		sharedContact("Apotheke am Markt", "+493023125444", ""),
	}
	return practice
}

// newAccount returns an account without users. The number of its first user is
// block followed by 0; with an empty block, all users have direct dials behind
// the account's extensions.
func newAccount(id, company, block string) *account {
	a := &account{
		id: id, company: company, block: block, domain: "sipgate.de", locale: "de_DE",
		balance: 421337,
	}
	a.platform.Store(&classicPlatform)
	return a
}

// addUser adds a user with a device, a phone line and a number. All have the
// same index, beginning with w0, e0 and p0.
func (a *account) addUser(first, last, domain string, admin bool) {
	n := digits(len(a.users))
	u := &user{
		id: "w" + n, first: first, last: last, account: a, admin: admin,
		email:    plainLetters.Replace(strings.ToLower(first + "." + last + "@" + domain)),
		password: "demo-" + plainLetters.Replace(strings.ToLower(first)), phoneline: "p" + n,
	}
	u.devices = []*device{{id: "e" + n, alias: "Tischtelefon " + first, kind: "REGISTER", online: true, owner: u}}
	a.users = append(a.users, u)
	a.numbers = append(a.numbers, &number{account: a, id: "100" + n, e164: a.directDial(len(a.users) - 1), endpoint: u.phoneline, alias: u.name()})
}

// directDial returns the number of a user's phone line by the user's index.
func (a *account) directDial(n int) string {
	if a.block != "" && n < 10 {
		return a.block + digits(n)
	}
	return a.extensions + digits(100+n)
}

func (a *account) addGroup(alias, e164 string, members ...*user) {
	n := digits(len(a.groups))
	a.groups = append(a.groups, &group{id: "g" + n, alias: alias, members: members})
	a.numbers = append(a.numbers, &number{account: a, id: "200" + n, e164: e164, endpoint: "g" + n, alias: alias})
}

func digits(n int) string { return strconv.Itoa(n) }

// plainLetters writes lower-case letters as addresses do.
var plainLetters = strings.NewReplacer("ä", "ae", "ö", "oe", "ü", "ue", "ß", "ss")

func bikeContacts() []*contact {
	return []*contact{
		sharedContact("Sabine Vogt", "+491713920014", "sabine.vogt@post.example"),
		sharedContact("Radhaus Nord, Einkauf", "+494066969420", "einkauf@radhaus-nord.example"),
		sharedContact("Thomas Albrecht", "+491713920027", ""),
		sharedContact("Kettenwerk Großhandel", "+498999998310", "auftrag@kettenwerk.example"),
		sharedContact("Familie Özdemir", "+492214710555", ""),
		sharedContact("Spedition Wiegand", "+496990009640", "dispo@wiegand.example"),
		sharedContact("Claudia Neumann", "+491713920033", "c.neumann@post.example"),
		sharedContact("Stadtwerke, Frau Lenz", "+493023125271", ""),
		sharedContact("Peter Šimon", "+491713920058", ""),
		sharedContact("Versicherungsbüro Haas", "+494066969777", "buero@haas.example"),
	}
}

// sharedContact returns a shared contact with one number. Its id is derived
// from the number.
func sharedContact(name, e164, email string) *contact {
	c := &contact{
		id:      "b3d9af4a-78f9-11e6-8b77-" + e164[len(e164)-12:],
		name:    name,
		scope:   "SHARED",
		numbers: []typedNumber{{Number: e164, Type: []string{"work"}}},
	}
	if email != "" {
		c.emails = []typedEmail{{Email: email, Type: []string{"work"}}}
	}
	return c
}
