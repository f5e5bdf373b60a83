package page

import (
	"bytes"
	"embed"
	"encoding/json"
	"html/template"
	"net/http"
	"slices"
	"strings"
	"time"

	"go.uber.org/zap"
)

//go:embed templates/*.html
var templateFiles embed.FS

var templates = template.Must(template.New("").Funcs(template.FuncMap{
	"asset": asset,
	"iso":   func(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) },
	"unix":  func(t time.Time) int64 { return t.Unix() },
	"time":  formatTime,
	"join":  strings.Join,
	"sub":   func(a, b float64) float64 { return a - b },
}).ParseFS(templateFiles, "templates/*.html"))

// frame is a view with what is around it on every page.
type frame struct {
	*view
	Tabs    []tab
	Spans   []tab
	Chips   []chip
	Choices []string
	Query   string
	JSON    string
	Table   string
	Asked   time.Time
}

// tab is a link that may be where the reader is.
type tab struct {
	Label, URL string
	Here       bool
}

// chip is a filter that can be removed.
type chip struct{ Name, Value, Without string }

// tabs are the views in the head of the page.
var tabs = []struct{ label, path string }{
	{"Are we fast?", "/"},
	{"Errors", "/errors"},
	{"Changes", "/changes"},
	{"Deploys", "/deploys"},
	{"Statements", "/statements"},
	{"Callers", "/callers"},
	{"A year", "/history"},
	{"State", "/state"},
}

func (p *page) frame(v *view) frame {
	w := v.Window
	f := frame{view: v, JSON: w.asJSON(), Table: p.cfg.Table, Choices: filterNames, Query: w.query.Get("q"), Asked: time.Now()}
	for _, t := range tabs {
		f.Tabs = append(f.Tabs, tab{t.label, w.at(t.path).URL(), t.path == w.path})
	}
	for _, s := range spans {
		f.Spans = append(f.Spans, tab{s.Label, w.ending(time.Now(), s.Name).URL(), s.Name == w.relative})
	}
	for _, name := range filterNames {
		for _, value := range w.filters[name] {
			f.Chips = append(f.Chips, chip{name, value, w.without(name, value).URL()})
		}
	}
	return f
}

// Windowed reports whether the view is about the window.
func (f frame) Windowed() bool {
	return !slices.Contains([]string{"/history", "/search", "/state"}, f.Window.path) &&
		!strings.HasPrefix(f.Window.path, "/request/") && !strings.HasPrefix(f.Window.path, "/sql/")
}

// Before and After lead to the windows beside this one.
func (f frame) Before() string { return f.Window.before().URL() }

// After is empty where nothing has happened yet.
func (f frame) After() string {
	if f.Window.relative != "" {
		return ""
	}
	return f.Window.after().URL()
}

// From and To are the ends of the window.
func (f frame) From() time.Time { return f.Window.from }

// To is the end of the window.
func (f frame) To() time.Time { return f.Window.to }

// Live reports whether the window ends now, so that the page can be loaded again.
func (f frame) Live() bool { return f.Window.relative != "" }

// Kept are the parameters of the URL that a form has to repeat.
func (f frame) Kept() []chip {
	var kept []chip
	for _, c := range f.Chips {
		kept = append(kept, chip{Name: c.Name, Value: c.Value})
	}
	if w := f.Window; w.relative != "" {
		kept = append(kept, chip{Name: "window", Value: w.relative})
	} else {
		kept = append(kept, chip{Name: "from", Value: w.from.Format(time.RFC3339)}, chip{Name: "to", Value: w.to.Format(time.RFC3339)})
	}
	return kept
}

// writeHTML writes a view as a page.
func (p *page) writeHTML(w http.ResponseWriter, v *view) {
	var page bytes.Buffer
	if err := templates.ExecuteTemplate(&page, "page.html", p.frame(v)); err != nil {
		p.telemetry.Logger.Error("cannot write the page", zap.Error(err))
		http.Error(w, "The page cannot be written.", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(v.status())
	_, _ = w.Write(page.Bytes())
}

// answerJSON is a question and its answer as JSON. Durations are seconds, times are UTC.
type answerJSON struct {
	Question string   `json:"question"`
	SQL      string   `json:"sql"`
	Columns  []string `json:"columns"`
	Rows     [][]any  `json:"rows"`
	Problem  string   `json:"problem,omitempty"`
}

// writeJSON writes all answers of a view.
func (p *page) writeJSON(w http.ResponseWriter, v *view) {
	said := struct {
		From    time.Time    `json:"from"`
		To      time.Time    `json:"to"`
		Answers []answerJSON `json:"answers"`
	}{From: v.Window.from, To: v.Window.to, Answers: []answerJSON{}}
	for _, r := range v.results {
		a := answerJSON{Question: r.call.function, SQL: r.call.shown(p.store.name()), Columns: []string{}, Rows: [][]any{}}
		if r.err != nil {
			a.Problem = (&reading{page: p}).problem(r.err)
		} else {
			a.Columns = r.answer.columns
			for _, values := range r.answer.rows {
				shown := make([]any, len(values))
				for i, value := range values {
					shown[i] = jsonValue(value)
				}
				a.Rows = append(a.Rows, shown)
			}
		}
		said.Answers = append(said.Answers, a)
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(v.status())
	_ = json.NewEncoder(w).Encode(said)
}

// writeCSV writes one answer of a view, the first if none is named.
func (p *page) writeCSV(w http.ResponseWriter, v *view, name string) {
	for _, r := range v.results {
		if (name == "" || r.call.function == name) && r.err == nil {
			w.Header().Set("Content-Type", "text/csv; charset=utf-8")
			w.Header().Set("Content-Disposition", `attachment; filename="`+r.call.function+`.csv"`)
			_ = r.answer.writeCSV(w)
			return
		}
	}
	http.Error(w, "There is no such answer.", http.StatusNotFound)
}
