package switchboard

import (
	"reflect"
	"testing"
	"time"
)

// The counts of a board are those of its live calls, each in its phase.
func TestCountsAreOfLiveCalls(t *testing.T) {
	ringing, connected := CountLive([]Call{{Phase: Ringing}, {Phase: Connected}, {Phase: Ended}, {Phase: Connected}, {Phase: Ringing}, {Phase: Ringing}})
	if ringing != 3 || connected != 2 {
		t.Errorf("%d ringing, %d connected", ringing, connected)
	}
}

// A verb of an address or of the audit log is one that the board knows, or is
// refused.
func TestVerbsAreThoseOfTheActions(t *testing.T) {
	for _, a := range []Action{Hold{}, Mute{}, Record{}, TransferTo{}, CancelConsultation{}, Tones{}, Announce{}, HangUp{}} {
		if !a.Verb().Valid() {
			t.Errorf("%q is refused", a.Verb())
		}
	}
	for _, v := range []Verb{"", "Hold", "hold ", "claim"} {
		if v.Valid() {
			t.Errorf("%q is accepted", v)
		}
	}
}

func checkSameCall(t *testing.T) {
	v := reflect.TypeFor[Call]()
	for i := range v.NumField() {
		f := v.Field(i)
		if f.Name == "Seq" || f.Name == "ShownSeq" || f.Name == "Memo" {
			continue
		}
		x, y := Call{}, Call{}
		setNonZero(t, reflect.ValueOf(&y).Elem().Field(i))
		if sameCall(&x, &y) {
			t.Errorf("a row that differs in %s counts as unchanged", f.Name)
		}
		if !sameCall(&y, &y) {
			t.Errorf("%s differs from itself", f.Name)
		}
		if got, want := looksSame(&x, &y), f.Name == "VisibleTo"; got != want {
			t.Errorf("a row that differs in %s looks the same: %v", f.Name, got)
		}
	}
}

// setNonZero sets v to a value other than its zero value.
func setNonZero(t *testing.T, v reflect.Value) {
	t.Helper()
	switch x := v.Addr().Interface().(type) {
	case *time.Time:
		*x = time.Unix(1, 0)
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString("x")
	case reflect.Int:
		v.SetInt(1)
	case reflect.Uint64:
		v.SetUint(1)
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Struct:
		setNonZero(t, v.Field(0))
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
	default:
		t.Fatalf("no value of %v", v.Type())
	}
}
