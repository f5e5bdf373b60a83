package page

import (
	"context"
	"net"
	"net/http"
	"path"
	"slices"
	"strings"
	"time"
)

// views are the pages by their path. A path may end with .json or .csv; that of the overview is
// then /index.json.
var views = map[string]func(*reading) *view{
	"/": overview, "/route": routeView, "/selection": selectionView, "/errors": errorsView, "/changes": changesView,
	"/deploys": deploysView, "/statements": statementsView, "/callers": callersView, "/history": historyView,
	"/request/": requestView, "/search": searchView, "/state": stateView, "/sql/": definitionView,
}

// handler serves the page. It only ever reads, so it takes GET and HEAD alone.
func (p *page) handler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		secure(w.Header())
		switch {
		case !p.knows(r.Host):
			http.Error(w, "This page does not serve that host: name it in the setting hosts.", http.StatusMisdirectedRequest)
		case r.Method != http.MethodGet && r.Method != http.MethodHead:
			w.Header().Set("Allow", "GET, HEAD")
			http.Error(w, "This page only answers questions.", http.StatusMethodNotAllowed)
		case strings.HasPrefix(r.URL.Path, assetPath):
			serveAsset(w, r)
		default:
			p.serveView(w, r)
		}
	})
}

// secure sets headers that keep a browser from running, loading, framing or telling anything else.
func secure(h http.Header) {
	h.Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "+
		"form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Cache-Control", "no-store")
}

// knows reports whether the page may be asked for by this name. Without authentication, a website
// whose name leads to this machine could otherwise read it through a browser.
func (p *page) knows(host string) bool {
	if p.cfg.authenticates() || !p.cfg.loopback() {
		return true
	}
	name, _, err := net.SplitHostPort(host)
	if err != nil {
		name = host
	}
	name = strings.Trim(name, "[]")
	return isLoopback(name) || slices.ContainsFunc(p.cfg.Hosts, func(known string) bool { return strings.EqualFold(known, name) })
}

// serveView answers a request for a view in the form that its path ends with.
func (p *page) serveView(w http.ResponseWriter, r *http.Request) {
	form := path.Ext(r.URL.Path)
	if form != ".json" && form != ".csv" {
		form = ""
	}
	address := *r.URL
	address.Path = strings.TrimSuffix(r.URL.Path, form)
	if address.Path == "/index" {
		address.Path = "/"
	}
	id := ""
	show, found := views[address.Path]
	if dir, name := path.Split(address.Path); !found && name != "" {
		show, found = views[dir]
		found = found && dir != "/"
		id = name
	}
	if !found {
		show, form = notFound, ""
	}
	ctx, cancel := context.WithTimeout(r.Context(), p.patience())
	defer cancel()
	reading := &reading{page: p, ctx: ctx, query: address.Query(), id: storable(id)}
	reading.window = readWindow(&address, time.Now(), reading.span())
	v := show(reading)
	if r.Context().Err() != nil {
		return // the reader has left
	}
	switch {
	case v.redirect != "" && form == "":
		http.Redirect(w, r, v.redirect, http.StatusSeeOther)
	case form == ".json":
		p.writeJSON(w, v)
	case form == ".csv":
		p.writeCSV(w, v, address.Query().Get("table"))
	default:
		p.writeHTML(w, v)
	}
}

// patience returns how long a reader waits for all answers of a view: until shortly before the server
// would give up writing, so that there is time to say which answers are missing.
func (p *page) patience() time.Duration {
	if write := p.cfg.HTTP.WriteTimeout; write > 0 {
		return write * 5 / 6
	}
	return 2 * p.cfg.Timeout
}

// storable returns a text without what Postgres cannot hold, and so cannot find.
func storable(text string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(text, ""), "\x00", "")
}

// span returns the window of a URL without one: as long as the lines go back, a day at most.
func (r *reading) span() string {
	if r.query.Has("window") || r.query.Has("from") {
		return defaultSpan
	}
	state, err := r.asker.answer(r.ctx, call{function: "state"})
	if err != nil {
		return defaultSpan
	}
	return spanSince(state.first().time("oldest"), time.Now())
}

func notFound(r *reading) *view {
	v := r.newView("Not found")
	v.missing = true
	v.Sentence = []fragment{strong("There is no such page."), say(" "), link("Are we fast?", "/")}
	return v
}

// status returns the HTTP status of a view. A question that failed is said on the page.
func (v *view) status() int {
	if v.missing {
		return http.StatusNotFound
	}
	answered, failed := false, false
	for _, r := range v.results {
		answered = answered || r.err == nil
		failed = failed || r.err != nil
	}
	if failed && !answered {
		return http.StatusServiceUnavailable
	}
	return http.StatusOK
}
