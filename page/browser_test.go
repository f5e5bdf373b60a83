package page

import (
	"context"
	"fmt"
	"net/url"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	devtools "github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	"canonicallineexporter/internal/pgtest"
)

// browser starts one Chromium for all tests of the process. It ends with the test that started it
// last: each tab keeps it alive.
func browser(t testing.TB) context.Context {
	t.Helper()
	program := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if found, err := exec.LookPath(name); err == nil && program == "" {
			program = found
		}
	}
	require.NotEmpty(t, program, "Chromium is missing: make test installs it")
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(program), chromedp.NoSandbox,
		chromedp.WindowSize(1280, 1100), chromedp.Flag("hide-scrollbars", true),
		// A page from the cache of the back button has events that the driver does not see.
		chromedp.Flag("disable-features", "Translate,BackForwardCache"), chromedp.WSURLReadTimeout(time.Minute))
	allocator, stopAllocator := chromedp.NewExecAllocator(context.WithoutCancel(t.Context()), options...)
	tab, closeTab := chromedp.NewContext(allocator)
	t.Cleanup(func() {
		closeTab()
		stopAllocator()
	})
	require.NoError(t, chromedp.Do(tab, chromedp.Navigate("about:blank")))
	tab, stop := context.WithTimeout(tab, 3*time.Minute)
	t.Cleanup(stop)
	return tab
}

// complaints collects what a page's script throws or logs as an error. It is safe for concurrent
// use.
type complaints struct {
	mu    sync.Mutex
	texts []string
}

func listen(t testing.TB, tab context.Context) *complaints {
	t.Helper()
	c := &complaints{}
	require.NoError(t, chromedp.Listen(tab, func(event any) {
		c.mu.Lock()
		defer c.mu.Unlock()
		switch e := event.(type) {
		case *runtime.EventExceptionThrown:
			c.texts = append(c.texts, e.ExceptionDetails.Text)
		case *runtime.EventConsoleAPICalled:
			if e.Type == runtime.ConsoleAPICalledTypeError {
				c.texts = append(c.texts, fmt.Sprint(e.Args))
			}
		}
	}))
	return c
}

func (c *complaints) all() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.texts
}

// run runs actions in a tab.
func run(t testing.TB, tab context.Context, actions ...chromedp.Action[chromedp.Void]) {
	t.Helper()
	require.NoError(t, chromedp.Do(tab, actions...))
}

// evaluate returns the value of an expression in the page.
func evaluate[T any](t testing.TB, tab context.Context, expression string) T {
	t.Helper()
	value, err := chromedp.Run(tab, chromedp.Evaluate[T](expression))
	require.NoError(t, err, expression)
	return value
}

// open shows a path and waits until its plots are drawn.
func (s *site) open(t testing.TB, tab context.Context, path string) {
	t.Helper()
	run(t, tab, chromedp.Navigate(s.url+path), chromedp.WaitReady(chromedp.CSS("footer")))
}

// drag moves the pointer over an element from one place to another, both as shares of its size.
func drag(t testing.TB, tab context.Context, selector string, fromX, fromY, toX, toY float64) {
	t.Helper()
	run(t, tab, chromedp.ScrollIntoView(chromedp.CSS(selector)))
	box := evaluate[map[string]float64](t, tab, fmt.Sprintf("(({x, y, width, height}) => ({x, y, width, height}))(document.querySelector(%q).getBoundingClientRect())", selector))
	at := func(x, y float64) (float64, float64) { return box["x"] + x*box["width"], box["y"] + y*box["height"] }
	x0, y0 := at(fromX, fromY)
	x1, y1 := at(toX, toY)
	run(t, tab,
		chromedp.MouseEvent(input.DispatchMouseEventTypeMouseMoved, x0, y0),
		chromedp.MouseEvent(input.DispatchMouseEventTypeMousePressed, x0, y0, chromedp.ButtonLeft),
		chromedp.MouseEvent(input.DispatchMouseEventTypeMouseMoved, (x0+x1)/2, (y0+y1)/2, chromedp.ButtonLeft),
		chromedp.MouseEvent(input.DispatchMouseEventTypeMouseMoved, x1, y1, chromedp.ButtonLeft),
		chromedp.MouseEvent(input.DispatchMouseEventTypeMouseReleased, x1, y1, chromedp.ButtonLeft),
	)
}

// awaitPath waits until the tab has left an address for one with a path, and returns its query.
func awaitPath(t testing.TB, tab context.Context, path, left string) url.Values {
	t.Helper()
	var at *url.URL
	require.Eventually(t, func() bool {
		location, err := chromedp.Run(tab, chromedp.Location())
		if err != nil {
			return false
		}
		at, err = url.Parse(location)
		return err == nil && at.Path == path && location != left
	}, time.Minute, 50*time.Millisecond)
	run(t, tab, chromedp.WaitReady(chromedp.CSS("footer")))
	return at.Query()
}

func TestBrowser_Overview_ShowsWhatTheFunctionsSay(t *testing.T) {
	t.Parallel()
	d := filled(t, 5_000)
	s := serve(t, d.URL, nil)
	path := paths(t, d, "")[0]
	tab := browser(t)
	heard := listen(t, tab)
	s.open(t, tab, path)
	require.Equal(t, 3, evaluate[int](t, tab, "document.querySelectorAll('figure .u-over').length"), "three plots are drawn")

	var speed, rate answerJSON
	for _, said := range s.answers(t, strings.Replace(path, "/index", "/index.json", 1)) {
		switch said.Question {
		case "speed":
			speed = said
		case "rate":
			rate = said
		}
	}
	shown := evaluate[[][]string](t, tab, "[...document.querySelectorAll('#routes tbody tr')].map(tr => [...tr.cells].map(c => c.innerText.trim()))")
	rows, err := d.Pool.Query(t.Context(), speed.SQL)
	require.NoError(t, err)
	answered, err := readAnswer(call{}, rows, time.Now())
	require.NoError(t, err)
	require.Len(t, shown, len(answered.rows))
	for i, r := range answered.all() {
		require.Equal(t, r.text("http_method")+" "+routeName(r), shown[i][0])
		require.Equal(t, []string{
			grouped(int64(r.number("requests"))), formatDuration(r.duration("p50")), formatDuration(r.duration("p95")),
			formatDuration(r.duration("p99")), formatPercent(r.number("percent_failed")),
		}, shown[i][1:6])
	}
	behind := evaluate[[]string](t, tab, "[...document.querySelectorAll('figure.rate tbody tr')].map(tr => tr.cells[1].textContent)")
	require.Len(t, behind, len(rate.Rows))
	for i, values := range rate.Rows {
		require.Equal(t, fmt.Sprint(values[1]), strings.ReplaceAll(behind[i], ",", ""))
	}
	require.Empty(t, heard.all())
}

func TestBrowser_DragClickAndBack(t *testing.T) {
	t.Parallel()
	d := filled(t, 5_000)
	s := serve(t, d.URL, nil)
	tab := browser(t)
	heard := listen(t, tab)
	path := paths(t, d, "")[0]
	s.open(t, tab, path)
	began := evaluate[string](t, tab, "location.href")

	drag(t, tab, "figure.spread .u-over", 0.5, 0.1, 0.8, 0.5)
	chosen := awaitPath(t, tab, "/selection", began)
	since, err := time.Parse(time.RFC3339, chosen.Get("since"))
	require.NoError(t, err)
	until, err := time.Parse(time.RFC3339, chosen.Get("until"))
	require.NoError(t, err)
	require.InDelta(t, 0.3*float64(25*time.Hour), float64(until.Sub(since)), float64(time.Hour))
	require.True(t, chosen.Has("slower"))
	require.Contains(t, evaluate[string](t, tab, "document.querySelector('h1').innerText"), "Requests that took")

	evaluate[bool](t, tab, "history.back() ?? true")
	awaitPath(t, tab, "/index", "")
	require.Equal(t, began, evaluate[string](t, tab, "location.href"))

	drag(t, tab, "figure.rate .u-over", 0.25, 0.5, 0.75, 0.5)
	zoomed := awaitPath(t, tab, "/", began)
	require.True(t, zoomed.Has("to"))

	run(t, tab, chromedp.Click(chromedp.CSS("#routes tbody a")))
	require.NotEmpty(t, awaitPath(t, tab, "/route", began).Get("method"))
	sentence := evaluate[string](t, tab, "document.querySelector('h1').innerText")
	shared := evaluate[string](t, tab, "location.href")
	run(t, tab, chromedp.Navigate(shared), chromedp.WaitReady(chromedp.CSS("footer")))
	require.Equal(t, sentence, evaluate[string](t, tab, "document.querySelector('h1').innerText"), "the link says the same again")

	run(t, tab, chromedp.KeyEvent("["))
	before := awaitPath(t, tab, "/route", shared)
	require.NotEqual(t, zoomed.Get("to"), before.Get("to"))
	run(t, tab, chromedp.KeyEvent("/"))
	require.Equal(t, "q", evaluate[string](t, tab, "document.activeElement.name"))
	require.Empty(t, heard.all())
}

// hostileTexts would run if anything took them for markup, an attribute, an address or script.
var hostileTexts = []string{
	`<script>window.pwned=1</script>`, `"><img src=x onerror="window.pwned=1">`, `' onmouseover='window.pwned=1' x='`, `javascript:window.pwned=1`,
	`</title><script>window.pwned=1</script>`, `</textarea><svg onload=window.pwned=1>`, `{{.}}{{template "page.html"}}`, `${window.pwned=1}`,
	`\u003cscript\u003ewindow.pwned=1`, `<!--<script>`, `]]><script>window.pwned=1</script>`, strings.Repeat("W", 190), "a\u202eb\u2028c",
}

func TestBrowser_HostileLines_ExecuteNothing(t *testing.T) {
	t.Parallel()
	d := filled(t, 1_500)
	for i, hostile := range hostileTexts {
		d.Exec(t, `UPDATE canonical_api_line SET service_name = left($1, 200), service_version = left($1 || 'v', 200), http_route = left('/' || $1, 200),
			http_path = left($1, 200), user_agent = left($1, 200), api_error_code = left($1, 200), api_error_cause = $1, account_email = left($1 || '@x', 200),
			deployment_environment = left($1, 200), query_string = $1, trace_id = 'javascript:', status = 500,
			statistics = jsonb_build_object('db_max_repeat', 99, 'db_num_queries', 100, 'db_max_repeat_query', $1, $1, $1)
			WHERE ctid IN (SELECT ctid FROM canonical_api_line WHERE hashtext(id::text) & 31 = $2)`, hostile, i)
	}
	request := pgtest.One[string](t, d, "SELECT request_id::text FROM canonical_api_line WHERE trace_id = 'javascript:' LIMIT 1")
	s := serve(t, d.URL, func(c *Config) {
		c.Show, c.TraceURL = private, "https://traces.example.com/{trace_id}"
	})
	hostile := url.QueryEscape(hostileTexts[1])
	all := append(paths(t, d, ""), "/request/"+request, "/search?q="+hostile, "/?service="+hostile+"&route="+hostile+"&account="+hostile, "/request/"+url.PathEscape(hostileTexts[0]),
		"/sql/"+url.PathEscape(hostileTexts[0]), "/?sort="+hostile+"&window="+hostile)
	for _, policy := range []bool{true, false} {
		tab := browser(t)
		if !policy {
			_, err := chromedp.Call(tab, devtools.SetBypassCSP, devtools.SetBypassCSPParams{Enabled: true})
			require.NoError(t, err)
		}
		var dialogs atomic.Int32
		require.NoError(t, chromedp.Listen(tab, func(event any) {
			if _, opened := event.(*devtools.EventJavascriptDialogOpening); opened {
				dialogs.Add(1)
			}
		}))
		for _, path := range all {
			s.open(t, tab, path)
			require.False(t, evaluate[bool](t, tab, "'pwned' in window"), path)
			require.Zero(t, evaluate[int](t, tab, `[...document.querySelectorAll("a[href]")].filter(a => !/^https?:$/.test(a.protocol)).length`), path)
			require.Zero(t, evaluate[int](t, tab, `[...document.querySelectorAll("img, script:not([src^='/assets/']), iframe, object, [onerror], [onload], [onmouseover]")].length`), path)
		}
		require.Zero(t, dialogs.Load())
	}
}

func TestBrowser_WithoutScript_TablesAnswer(t *testing.T) {
	t.Parallel()
	d := filled(t, 500)
	s := serve(t, d.URL, nil)
	tab := browser(t)
	_, err := chromedp.Call(tab, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
	require.NoError(t, err)
	s.open(t, tab, paths(t, d, "")[0])
	text, err := chromedp.Run(tab, chromedp.Text(chromedp.CSS("figure.percentiles table")))
	require.NoError(t, err)
	require.Contains(t, text, "p95")
	require.Contains(t, text, "UTC")
}

func TestBrowser_AnyWidth_NothingSticksOut(t *testing.T) {
	t.Parallel()
	d := filled(t, 1_000)
	s := serve(t, d.URL, nil)
	tab := browser(t)
	for _, width := range []int64{360, 768, 1280, 3840} {
		run(t, tab, chromedp.EmulateViewport(width, 900))
		for _, path := range paths(t, d, "") {
			s.open(t, tab, path)
			require.LessOrEqual(t, evaluate[int64](t, tab, "document.documentElement.scrollWidth"), width, path)
		}
	}
}

// What a screen reader says of each plot, bar and control.
func TestBrowser_EverythingHasAName(t *testing.T) {
	t.Parallel()
	d := filled(t, 1_000)
	s := serve(t, d.URL, nil)
	tab := browser(t)
	for _, path := range paths(t, d, "") {
		s.open(t, tab, path)
		require.Empty(t, evaluate[[]string](t, tab, `[...document.querySelectorAll("a, button, summary, svg, input:not([type=hidden]), th")]
			.filter(e => !String(e.innerText || e.textContent || e.getAttribute("aria-label") || e.labels?.length || e.placeholder || "").trim())
			.filter(e => e.tagName !== "TH" && e.getClientRects().length > 0).map(e => e.outerHTML.slice(0, 100))`), path)
		require.Equal(t, 1, evaluate[int](t, tab, `document.querySelectorAll("h1").length`))
		require.Equal(t, "en", evaluate[string](t, tab, `document.documentElement.lang`))
	}
}
