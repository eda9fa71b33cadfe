// SPDX-License-Identifier: GPL-2.0-only

package fetch

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/lsmpatch/lsmpatch/internal/git"
	"github.com/lsmpatch/lsmpatch/internal/hint"
	"github.com/lsmpatch/lsmpatch/internal/redirect"
)

// discovery is the page by which git begins to talk to a server.
const discovery = "/info/refs?service=git-upload-pack"

// routeTime is how long a server may take to say where it is.
const routeTime = 20 * time.Second

// route returns the configuration that keeps git where the server of args is, and takes it to where that has moved: git
// itself would follow to any port of this machine.
func (o *Options) route(ctx context.Context, r *git.Repo, args []string) ([]string, error) {
	flags := []string{"-c", "http.followRedirects=false"}
	remote := r.Config.Section("remote").Subsection(promisor).Option("url")
	for _, arg := range args {
		if isHTTP(arg) {
			remote = arg
		}
	}
	if !isHTTP(remote) {
		return flags, nil
	}
	to, known := o.routes[remote]
	if !known {
		ctx, cancel := context.WithTimeout(ctx, routeTime)
		defer cancel()
		var err error
		if to, err = redirect.Follow(ctx, http.DefaultClient, strings.TrimSuffix(remote, "/"), discovery); err != nil {
			return nil, hint.Wrap(err, "where you trust that place, name it with --remote")
		}
		if o.routes == nil {
			o.routes = map[string]string{}
		}
		o.routes[remote] = to
	}
	if to != strings.TrimSuffix(remote, "/") {
		flags = append(flags, "-c", "url."+to+".insteadOf="+remote)
	}
	return flags, nil
}

func isHTTP(url string) bool {
	return strings.HasPrefix(url, "http://") || strings.HasPrefix(url, "https://")
}
