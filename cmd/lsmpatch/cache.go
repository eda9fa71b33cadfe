// SPDX-License-Identifier: GPL-2.0-only

package main

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/lsmpatch/lsmpatch/internal/hint"
	"github.com/lsmpatch/lsmpatch/internal/kbuild"
	"github.com/lsmpatch/lsmpatch/patchset/report"
)

func (a *app) cacheCommand() *cobra.Command {
	var dir string
	cmd := &cobra.Command{
		Use:   "cache list | prune",
		Short: "List and remove what builds have left for later ones",
		Long: `cache looks after what premerge --build keeps: the sources of base trees, their builds in each
configuration, and the layers of series above them. Each build removes what was used longest ago
where all of it takes more than 20 GB.`,
		Example: "  lsmpatch cache list\n  lsmpatch cache prune --max-size 5G",
	}
	cmd.PersistentFlags().StringVar(&dir, "out", "", "the cache's folder `DIR` (default one below the user's cache)")
	list := &cobra.Command{
		Use: "list", Short: "List what is kept, the last used first", Args: cobra.NoArgs,
		Example: "  lsmpatch cache list",
		RunE: func(*cobra.Command, []string) error {
			cache, err := kbuild.OpenCache(dir)
			if err != nil {
				return err
			}
			entries, err := cache.List()
			if err != nil {
				return err
			}
			return a.showEntries("entries", entries)
		},
	}
	var size string
	prune := &cobra.Command{
		Use: "prune [--max-size SIZE]", Short: "Remove what was used longest ago", Args: cobra.NoArgs,
		Long: `prune removes what was never finished, and what was used longest ago until the rest takes at most
SIZE. What a running build uses stays.`,
		Example: "  lsmpatch cache prune --max-size 5G\n  lsmpatch cache prune --max-size 0",
		RunE: func(*cobra.Command, []string) error {
			limit, err := parseSize(size)
			if err != nil {
				return err
			}
			cache, err := kbuild.OpenCache(dir)
			if err != nil {
				return err
			}
			removed, err := cache.Prune(limit)
			if err != nil {
				return err
			}
			return a.showEntries("removed", removed)
		},
	}
	prune.Flags().StringVar(&size, "max-size", "20G", "`SIZE` that may stay, in bytes or with K, M, G")
	cmd.AddCommand(list, prune)
	return cmd
}

// showEntries prints entries of the cache; name is theirs in JSON.
func (a *app) showEntries(name string, entries []kbuild.Entry) error {
	return a.emit(map[string]any{name: entries}, func(w io.Writer, _ *report.TextOptions) error {
		var sum int64
		for _, e := range entries {
			title := e.Title
			if title == "" {
				title = "never finished"
			}
			writeLine(w, "%-7s %.12s %9.1f MB  used %s  %s", e.Kind, e.Key, float64(e.Bytes)/1e6, e.Used.Format(time.DateTime), title)
			sum += e.Bytes
		}
		writeLine(w, "%s: %d, %.1f MB", name, len(entries), float64(sum)/1e6)
		return nil
	})
}

// parseSize reads a number of bytes, with K, M or G for powers of 1000.
func parseSize(s string) (int64, error) {
	units := map[string]float64{"": 1, "K": 1e3, "M": 1e6, "G": 1e9}
	number := strings.TrimRight(strings.TrimSuffix(strings.ToUpper(s), "B"), "KMG")
	unit, ok := units[strings.TrimSuffix(strings.ToUpper(s), "B")[len(number):]]
	n, err := strconv.ParseFloat(number, 64)
	if err != nil || !ok || n < 0 || n > 1e15 {
		return 0, hint.Wrap(fmt.Errorf("size %q is no number of bytes", s), "such as 5G, 300M or 0")
	}
	return int64(n * unit), nil
}
