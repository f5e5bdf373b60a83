package page

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// group is a list of names and values under a title.
type group struct {
	Title string
	Facts []fact
}

type fact struct {
	Name string
	cell
}

// groups say under which title the columns of a line stand; the others come under the last.
var groups = []struct {
	title   string
	columns []string
}{
	{"Who", []string{"account_id", "account_email", "auth_type", "auth_internal_name", "sso_provider", "sudo", "sudo_account_id", "sudo_account_email", "ip", "user_agent"}},
	{"What", []string{"service_name", "service_version", "deployment_environment", "http_method", "http_route", "http_path", "http_path_original", "query_string", "content_type", "status", "idempotency_key", "idempotency_replay"}},
	{"How long", []string{"created_at", "duration", "adjusted_count", "updated_at"}},
	{"Why it failed", []string{"api_error_code", "api_error_internal_code", "api_error_cause", "api_error_message", "sentry_event_id"}},
	{"Its names", []string{"id", "request_id", "trace_id", "span_id"}},
	{"What it cost", nil},
	{"Others", nil},
}

// requestView shows the lines of one request: one, or one for each service that a trace went
// through.
func requestView(r *reading) *view {
	v := r.newView("Request " + r.id)
	asked := r.ask(v, call{function: "request", arguments: []argument{text("id", r.id)}})[0]
	if asked.err != nil {
		v.Sentence = []fragment{say(r.problem(asked.err))}
		return v
	}
	lines := linesOf(asked.answer)
	if len(lines) == 0 {
		v.Sentence = []fragment{strong("No line"), say(" has this request id or trace id. It may be older than the lines that are kept, or not have arrived yet.")}
		v.missing = true
		return v
	}
	for i, line := range lines {
		if i == 0 {
			v.Sentence = r.requestSentence(v, line)
		}
		v.Sections = append(v.Sections, r.lineSections(line, asked, i)...)
	}
	v.Notes = r.requestNotes(lines[0])
	v.Sections = append(v.Sections, r.neighbours(v, lines[0])...)
	return v
}

// linesOf splits the fields of an answer of request into lines, each of which begins with its id.
func linesOf(a *answer) (lines []map[string]string) {
	for _, shown := range a.all() {
		if shown.text("field") == "id" {
			lines = append(lines, map[string]string{})
		}
		if len(lines) > 0 {
			lines[len(lines)-1][shown.text("field")] = shown.text("value")
		}
	}
	return lines
}

// seconds reads a statistic, which is in seconds.
func seconds(line map[string]string, names ...string) (sum time.Duration) {
	for _, name := range names {
		f, err := strconv.ParseFloat(line["statistics."+name], 64)
		if err == nil && f > 0 && f < 1e9 {
			sum += time.Duration(f * float64(time.Second))
		}
	}
	return sum
}

// clock reads an interval as Postgres writes it: 00:00:03.69265, or with days before it.
func clock(text string) time.Duration {
	days := 0
	if count, rest, found := strings.Cut(text, " day"); found {
		days, _ = strconv.Atoi(count)
		text = strings.TrimPrefix(strings.TrimPrefix(rest, "s"), " ")
	}
	parts := strings.Split(text, ":")
	if len(parts) != 3 {
		return time.Duration(days) * day
	}
	hours, _ := strconv.Atoi(parts[0])
	minutes, _ := strconv.Atoi(parts[1])
	f, _ := strconv.ParseFloat(parts[2], 64)
	return time.Duration(days)*day + time.Duration(hours)*time.Hour + time.Duration(minutes)*time.Minute +
		time.Duration(f*float64(time.Second)).Round(time.Microsecond)
}

// timesOf returns where the time of a line went.
func timesOf(line map[string]string) map[string]time.Duration {
	return map[string]time.Duration{
		"own": seconds(line, "self_duration"), "database": seconds(line, "db_duration"),
		"waiting":  seconds(line, "db_acquire_duration"),
		"outgoing": seconds(line, "http_duration", "rpc_duration", "messaging_duration", "other_duration"),
	}
}

// requestSentence says how one request went, beside the others of its route in the day around it.
func (r *reading) requestSentence(v *view, line map[string]string) []fragment {
	duration := clock(line["duration"])
	name := strings.TrimSpace(line["http_method"] + " " + firstOf(line["http_route"], line["http_path"]))
	took := fragment{Text: formatDuration(duration)}
	if duration >= time.Second {
		took.Class = "bad"
	}
	said := []fragment{strong(name), say(" answered " + line["status"] + " after "), took}
	created, err := time.Parse(time.RFC3339, line["created_at"])
	if route := line["http_route"]; route != "" && err == nil {
		around := window{filters: map[string][]string{"method": {line["http_method"]}, "route": {route}}}.
			between(created.Add(-12*time.Hour).Truncate(time.Hour), created.Add(12*time.Hour).Truncate(time.Hour))
		overall := r.ask(v, around.ask("overall"))[0]
		if p50 := overall.answer.first().duration("p50"); p50 > 0 {
			times := duration.Seconds() / p50.Seconds()
			switch {
			case times >= 2:
				said = append(said, say(", "+digits(times)+" times as long as most (p50 "+formatDuration(p50)+")"))
			default:
				said = append(said, say(", like most (p50 "+formatDuration(p50)+")"))
			}
		}
	}
	said = append(said, say("."))
	times := timesOf(line)
	most := slices.MaxFunc(timeParts, func(a, b string) int { return int(times[a] - times[b]) })
	if times[most] > duration/2 && duration > 0 {
		said = append(said, say(" "+formatDuration(times[most])+" of it went "+map[string]string{
			"own": "into the service itself", "database": "to the database", "waiting": "by waiting for a connection", "outgoing": "to calls of others",
		}[most]))
		if repeats := line["statistics.db_max_repeat"]; most == "database" && repeats != "" {
			said = append(said, say(", with "), strong(repeats+" runs of one statement"))
		}
		said = append(said, say("."))
	}
	return said
}

func firstOf(texts ...string) string {
	for _, text := range texts {
		if text != "" {
			return text
		}
	}
	return ""
}

// requestNotes says when it was, and leads to the trace viewer.
func (r *reading) requestNotes(line map[string]string) (notes []fragment) {
	if created, err := time.Parse(time.RFC3339, line["created_at"]); err == nil {
		notes = append(notes, moment(created))
	}
	if id := line["trace_id"]; id != "" && r.cfg.TraceURL != "" && isHex(id) {
		notes = append(notes, link("open the trace", strings.ReplaceAll(r.cfg.TraceURL, traceID, id)))
	}
	return notes
}

// isHex reports whether an ID is what it should be, so that it cannot change the address that it
// becomes part of.
func isHex(id string) bool {
	return strings.Trim(id, "0123456789abcdefABCDEF") == ""
}

// lineSections are the bar and the columns of one line.
func (r *reading) lineSections(line map[string]string, asked *result, i int) []*section {
	title := "Where its time went"
	if i > 0 {
		title = firstOf(line["service_name"], "another service") + ": " + line["http_method"] + " " + firstOf(line["http_route"], line["http_path"])
	}
	s := r.section("line", title, "", asked)
	if i > 0 {
		s = &section{ID: "line" + strconv.Itoa(i), Title: title}
	}
	whole, times := clock(line["duration"]), timesOf(line)
	b := &bar{}
	shares := map[string]float64{}
	for _, name := range timeParts {
		if whole > 0 {
			shares[name] = 100 * times[name].Seconds() / whole.Seconds()
		}
		b.Labels = append(b.Labels, barLabel{name, formatDuration(times[name]), timeWords[name]})
	}
	b.Parts = partsOf(shares)
	if len(b.Parts) > 0 {
		s.Bar = b
	}
	sections := []*section{s}
	if statement := line["statistics.db_max_repeat_query"]; statement != "" {
		sections = append(sections, &section{
			ID: "repeat", Title: "Repeated " + line["statistics.db_max_repeat"] + " times", Note: "one for each row?", Quote: statement,
			More: link("other routes that run statements so often", r.window.at("/statements").URL()),
		})
	}
	return append(sections, &section{ID: "facts", Facts: r.factsOf(line)})
}

// factsOf groups the columns of a line. Columns without a value are left out.
func (r *reading) factsOf(line map[string]string) []group {
	list := make([]group, len(groups))
	place := map[string]int{}
	for i, g := range groups {
		list[i].Title = g.title
		for _, name := range g.columns {
			place[name] = i
			if value, ok := line[name]; ok {
				list[i].Facts = append(list[i].Facts, fact{name, r.factCell(name, value)})
			}
		}
	}
	var rest []string
	for name := range line {
		if _, placed := place[name]; !placed {
			rest = append(rest, name)
		}
	}
	slices.Sort(rest)
	for _, name := range rest {
		i := len(groups) - 1
		if strings.HasPrefix(name, "statistics.") {
			i--
		}
		list[i].Facts = append(list[i].Facts, fact{strings.TrimPrefix(name, "statistics."), cell{Text: line[name]}})
	}
	return slices.DeleteFunc(list, func(g group) bool { return len(g.Facts) == 0 })
}

// factCell shows a value, as a link where it narrows the lines.
func (r *reading) factCell(name, value string) cell {
	filters := map[string]string{
		"account_id": "account", "account_email": "account", "service_name": "service", "deployment_environment": "environment",
		"http_method": "method", "http_route": "route", "status": "status",
	}
	switch {
	case value == hidden:
		return cell{Text: hidden, Class: "hollow", Title: "the page shows this only if its setting show names the column"}
	case name == "created_at" || name == "updated_at":
		if t, err := time.Parse(time.RFC3339, value); err == nil {
			return cell{Time: t, Text: formatTime(t)}
		}
	case name == "duration":
		return cell{Text: formatDuration(clock(value)), Title: value}
	case filters[name] != "":
		return cell{Text: value, URL: r.window.at("/").with(filters[name], value).URL()}
	}
	return cell{Text: value}
}

// neighbours are the requests of the same account in the minute around a line.
func (r *reading) neighbours(v *view, line map[string]string) []*section {
	created, err := time.Parse(time.RFC3339, line["created_at"])
	account := firstOf(line["account_id"], line["account_email"])
	if err != nil || account == "" || account == hidden {
		return nil
	}
	near := window{filters: map[string][]string{"account": {account}}}.between(created.Add(-30*time.Second), created.Add(30*time.Second))
	asked := near.ask("window")
	asked.rest = " ORDER BY created_at LIMIT 50"
	lines := r.ask(v, asked)[0]
	s := r.section("near", "The same account, in the minute around it", "", lines)
	if lines.err == nil {
		s.Table = r.linesTable(lines.answer)
	}
	return []*section{s}
}
