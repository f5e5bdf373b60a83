// Package deploy holds what others run the collector with; its tests read these
// files as strictly as those who take them.
package deploy

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/compose-spec/compose-go/v2/loader"
	"github.com/compose-spec/compose-go/v2/types"
	"github.com/stretchr/testify/require"
)

func TestCompose_File_Loads(t *testing.T) {
	t.Parallel()
	project, err := loader.LoadWithContext(t.Context(), types.ConfigDetails{
		WorkingDir: ".", ConfigFiles: []types.ConfigFile{{Filename: "compose.yaml"}},
	})
	require.NoError(t, err)
	require.ElementsMatch(t, []string{"collector", "postgres", "grafana"}, project.ServiceNames())
	for _, service := range project.Services {
		if service.Build != nil {
			_, err := os.Stat(filepath.Join(service.Build.Context, service.Build.Dockerfile))
			require.NoError(t, err)
		}
		for _, volume := range service.Volumes {
			if volume.Type == types.VolumeTypeBind {
				_, err := os.Stat(volume.Source)
				require.NoError(t, err)
			}
		}
	}
}

func TestDockerfile_CopiesExistingFilesAndDropsRoot(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("Dockerfile")
	require.NoError(t, err)
	_, final, found := strings.Cut(string(text), "FROM scratch\n")
	require.True(t, found)
	require.Regexp(t, `(?m)^USER [1-9]\d*:[1-9]\d*$`, final)
	require.Contains(t, final, "ca-certificates.crt")
	for _, copied := range regexp.MustCompile(`/src/(\S+)`).FindAllStringSubmatch(final, -1) {
		if !strings.HasPrefix(copied[1], "build/") {
			_, err := os.Stat(filepath.Join("..", copied[1]))
			require.NoError(t, err)
		}
	}
}

// The configuration in the image listens to this host alone unless a variable says otherwise,
// which would close the ports that the image exposes.
func TestDockerfile_ExposedPorts_AreReachable(t *testing.T) {
	t.Parallel()
	image, err := os.ReadFile("Dockerfile")
	require.NoError(t, err)
	config, err := os.ReadFile("../examples/production.yaml")
	require.NoError(t, err)
	local := regexp.MustCompile(`\$\{env:(\w+):-127\.0\.0\.1`).FindAllStringSubmatch(string(config), -1)
	require.Len(t, local, 2)
	for _, variable := range local {
		require.Regexp(t, `(?m)^ENV .*\b`+variable[1]+`=0\.0\.0\.0`, string(image))
	}
	for _, port := range regexp.MustCompile(`:-(?:[\d.]+:)?(\d{4,5})\}`).FindAllStringSubmatch(string(config), -1) {
		require.Regexp(t, `(?m)^EXPOSE .*\b`+port[1]+`\b`, string(image))
	}
}
