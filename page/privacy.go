package page

import (
	"slices"
	"strings"
)

// hidden stands for a value that the page does not show.
const hidden = "hidden"

// hide replaces personal data that Config.Show does not name, before anybody gets the answer: as a
// page, as JSON or as CSV.
func (p *page) hide(a *answer) {
	for _, shown := range a.all() {
		for _, column := range private {
			p.hideValue(shown, column, column)
		}
		switch a.call.function {
		case "slowest", "find", "account":
			p.hideMail(shown, "account")
		case "callers":
			if shown.text("kind") == "address" {
				p.hideValue(shown, "caller", "ip")
			}
			p.hideMail(shown, "caller")
		case "request", "differences":
			p.hideValue(shown, "value", shown.text("field"))
		}
	}
}

// hideValue replaces the value of a name, which is that of a column, if the column is hidden.
func (p *page) hideValue(r row, name, column string) {
	show, isPrivate := p.show[column]
	i := slices.Index(r.answer.columns, name)
	if isPrivate && !show && i >= 0 && r.values[i] != nil {
		r.values[i] = hidden
	}
}

// hideMail replaces a mail address where an account's id may stand as well, by that id if the row
// has it.
func (p *page) hideMail(r row, name string) {
	if !strings.Contains(r.text(name), "@") || p.show["account_email"] {
		return
	}
	p.hideValue(r, name, "account_email")
	if id := r.text("account_id"); id != "" {
		r.values[slices.Index(r.answer.columns, name)] = id
	}
}
