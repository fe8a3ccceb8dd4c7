package team

import "testing"

func TestPushSecret(t *testing.T) {
	var key, other Key
	other[0] = 1
	secret := key.PushSecret("1234567")
	if account, ok := key.PushAccount(secret); !ok || account != "1234567" {
		t.Errorf("own secret: %q %v", account, ok)
	}
	for name, s := range map[string]string{
		"one character less": secret[:len(secret)-1],
		"empty":              "",
		"no secret":          "1234567.",
		"of another account": "7654321" + secret[7:],
		"of another key":     other.PushSecret("1234567"),
		"without an account": secret[7:],
		"very long":          secret + string(make([]byte, 10_000)),
	} {
		if account, ok := key.PushAccount(s); ok {
			t.Errorf("%s: accepted as one of %q", name, account)
		}
	}
}
