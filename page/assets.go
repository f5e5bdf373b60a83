package page

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"net/http"
	"path"
	"strings"
	"time"
)

// assets are the script and the style. uPlot is https://github.com/leeoniya/uPlot, under the MIT
// licence in uplot.LICENSE.
//
//go:embed assets
var assets embed.FS

// assetPath is where assets are served. The next part of the path is the version, so that a browser
// keeps them for ever.
const assetPath = "/assets/"

// assetVersion is made of the contents of all assets.
var assetVersion = func() string {
	sum := sha256.New()
	entries, err := assets.ReadDir("assets")
	if err != nil {
		panic(err) // they are embedded
	}
	for _, entry := range entries {
		content, err := assets.ReadFile("assets/" + entry.Name())
		if err != nil {
			panic(err)
		}
		sum.Write(content)
	}
	return hex.EncodeToString(sum.Sum(nil)[:6])
}()

// asset returns the address of an asset.
func asset(name string) string { return assetPath + assetVersion + "/" + name }

func serveAsset(w http.ResponseWriter, r *http.Request) {
	name := strings.TrimPrefix(r.URL.Path, assetPath+assetVersion+"/")
	content, err := assets.ReadFile("assets/" + path.Base(name))
	if err != nil || name != path.Base(name) {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Cache-Control", "max-age=31536000, immutable")
	http.ServeContent(w, r, name, time.Time{}, bytes.NewReader(content))
}
