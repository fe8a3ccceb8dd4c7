package acceptance

import (
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"callboard/handlers/acceptance/harness"
)

// A documentedSetting is a flag as the help of a command or a table of
// docs/settings.md shows it.
type documentedSetting struct {
	variable string
	initial  string // the default; "" if it is not shown as a literal value
}

// The help and docs/settings.md have the same commands, and for each command
// the same flags, variables and defaults.
func TestSettingsAreDocumented(t *testing.T) {
	page, err := os.ReadFile(harness.File(t, "docs/settings.md"))
	if err != nil {
		t.Fatal(err)
	}
	documented := documentedCommands(t, string(page))
	commands := commandsInHelp(t)
	if got := slices.Sorted(maps.Keys(documented)); !slices.Equal(got, commands) {
		t.Errorf("docs/settings.md has the commands %v, the help %v", got, commands)
	}
	for command, settings := range documented {
		if strings.Contains(section(string(page), command), "All settings of `serve`, and:") {
			for name, setting := range documented["serve"] {
				settings[name] = setting
			}
		}
	}
	for _, command := range commands {
		t.Run(command, func(t *testing.T) { compareSettings(t, settingsInHelp(t, command), documented[command]) })
	}
}

// section returns what the page says of a command.
func section(page, command string) string {
	_, text, _ := strings.Cut(page, "\n## `callboard "+command+"`\n")
	text, _, _ = strings.Cut(text, "\n## ")
	return text
}

// compareSettings reports every difference between the flags of the help and
// those of the table.
func compareSettings(t *testing.T, help, table map[string]documentedSetting) {
	t.Helper()
	for name := range table {
		if _, ok := help[name]; !ok {
			t.Errorf("docs/settings.md documents %s, which does not exist", name)
		}
	}
	for name, want := range help {
		got, ok := table[name]
		switch {
		case !ok:
			t.Errorf("docs/settings.md does not document %s", name)
		case got.variable != want.variable:
			t.Errorf("%s has the variable %s, docs/settings.md says %s", name, want.variable, got.variable)
		case want.initial != "" && got.initial != want.initial:
			t.Errorf("%s has the default %s, docs/settings.md says %q", name, want.initial, got.initial)
		}
	}
}

var commandLine = regexp.MustCompile(`(?m)^  ([a-z]+)( <[a-z]+>| --[a-z]+=[A-Z]+)*( \[flags\])?$`)

// commandsInHelp returns the names of all commands, sorted.
func commandsInHelp(t *testing.T) []string {
	t.Helper()
	var names []string
	for _, m := range commandLine.FindAllStringSubmatch(helpOf(t), -1) {
		names = append(names, m[1])
	}
	slices.Sort(names)
	if len(names) == 0 {
		t.Fatal("the help names no command")
	}
	return names
}

var (
	// flagLine matches the beginning of a flag's description in the help, and
	// the value that stands there.
	flagLine = regexp.MustCompile(`(?m)^ {6}(--[a-z][a-z-]*)(?:=(\S+))?`)
	// variableName matches the variable at the end of the description.
	variableName = regexp.MustCompile(`\$(CALLBOARD_[A-Z_]+)\)`)
	// valueName matches a name in place of a value: "FILE", "PREFIX,...".
	valueName = regexp.MustCompile(`^[A-Z]+(,\.\.\.)?$`)
)

// settingsInHelp returns the flags of a command by name.
func settingsInHelp(t *testing.T, command string) map[string]documentedSetting {
	t.Helper()
	help := helpOf(t, command)
	settings := map[string]documentedSetting{}
	lines := flagLine.FindAllStringSubmatchIndex(help, -1)
	for i, at := range lines {
		end := len(help)
		if i+1 < len(lines) {
			end = lines[i+1][0]
		}
		name, value := help[at[2]:at[3]], ""
		if at[4] >= 0 {
			value = help[at[4]:at[5]]
		}
		variable := variableName.FindStringSubmatch(help[at[0]:end])
		if variable == nil {
			t.Fatalf("the help of %s names no variable of %s", command, name)
		}
		if valueName.MatchString(value) {
			value = ""
		}
		settings[name] = documentedSetting{variable[1], strings.Trim(value, `"`)}
	}
	return settings
}

// helpOf returns the help of a command, or of the program.
func helpOf(t *testing.T, command ...string) string {
	t.Helper()
	help, stderr, status := harness.Run(t, nil, append(command, "--help")...)
	if status != 0 || stderr != "" {
		t.Fatalf("%v --help: status %d, %s", command, status, stderr)
	}
	return help
}

var (
	commandHeading = regexp.MustCompile("(?m)^## `callboard ([a-z]+)`$")
	settingRow     = regexp.MustCompile("^\\| `(--[a-z-]+)` \\| `([A-Z_]+)` \\| ([^|]+) \\| [^|]+ \\|$")
	literal        = regexp.MustCompile("^`([^`]+)`$")
)

// documentedCommands returns the settings in the tables of the page by
// command and flag.
func documentedCommands(t *testing.T, page string) map[string]map[string]documentedSetting {
	t.Helper()
	commands := map[string]map[string]documentedSetting{}
	headings := commandHeading.FindAllStringSubmatchIndex(page, -1)
	for i, at := range headings {
		end := len(page)
		if i+1 < len(headings) {
			end = headings[i+1][0]
		}
		command := page[at[2]:at[3]]
		commands[command] = map[string]documentedSetting{}
		for line := range strings.Lines(page[at[1]:end]) {
			line = strings.TrimSpace(line)
			if !strings.HasPrefix(line, "| `") {
				continue
			}
			m := settingRow.FindStringSubmatch(line)
			if m == nil {
				t.Errorf("this row of docs/settings.md is not | flag | variable | default | meaning |:\n%s", line)
				continue
			}
			if _, twice := commands[command][m[1]]; twice {
				t.Errorf("docs/settings.md documents %s of %s twice", m[1], command)
			}
			setting := documentedSetting{variable: m[2]}
			if value := literal.FindStringSubmatch(m[3]); value != nil {
				setting.initial = value[1]
			}
			commands[command][m[1]] = setting
		}
	}
	return commands
}
