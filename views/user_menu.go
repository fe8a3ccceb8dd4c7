package views

import (
	"cmp"

	"callboard/sipgate/team"
)

// themeName names a theme in text keys.
func themeName(t team.Theme) string { return cmp.Or(string(t), "system") }

// themeChoices are the themes in the menu of the user.
func (p Page) themeChoices() (found []Option) {
	for _, t := range team.Themes {
		found = append(found, Option{string(t), p.t("menu.theme." + themeName(t))})
	}
	return found
}

// languageChoices are the languages in the menu of the user, each named in itself.
func languageChoices() (found []Option) {
	for _, l := range Langs {
		found = append(found, Option{l.String(), l.T("settings.lang.self")})
	}
	return found
}

// densityChoices are the densities in the menu of the user.
func (p Page) densityChoices() (found []Option) {
	for _, d := range team.Densities {
		found = append(found, Option{string(d), p.t("menu.density." + cmp.Or(string(d), "automatic"))})
	}
	return found
}
