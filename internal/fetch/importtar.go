// SPDX-License-Identifier: GPL-2.0-only

package fetch

import (
	"archive/tar"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/filemode"
	"github.com/klauspost/compress/zlib"
	"golang.org/x/sync/errgroup"

	"github.com/lsmpatch/lsmpatch/internal/git"
	"github.com/lsmpatch/lsmpatch/internal/git/index"
	"github.com/lsmpatch/lsmpatch/internal/git/odb"
	"github.com/lsmpatch/lsmpatch/internal/limit"
	"github.com/lsmpatch/lsmpatch/internal/tree"
)

// Bounds of what an archive may make us write; Linux has 1.7 GB in 96,000 files.
const (
	maxArchiveBytes = limit.ArchiveBytes
	maxArchiveFile  = limit.ArchiveFile
)

// An importer turns the stream of a tar into blobs of a pack and, where it has a worktree to fill,
// files. One goroutine reads, several hash, compress and write.
type importer struct {
	repo     *git.Repo
	fill     bool
	progress io.Writer
	deflater *zlib.Writer

	mu     sync.Mutex
	pack   *odb.PackWriter
	packed map[string]bool
	files  map[string]*importedFile
	// folders has the names that each folder holds; the top is "".
	folders map[string][]string
	top     string
	newest  time.Time
	// trees are all folders, each followed by those in it, as the index caches them.
	trees []index.CachedTree
}

type importedFile struct {
	mode filemode.FileMode
	id   []byte
	stat index.Stat
}

func newImporter(r *git.Repo, fill bool, progress io.Writer) (*importer, error) {
	pack, err := odb.NewPackWriter(filepath.Join(r.CommonDir, "objects"), r.Format)
	if err != nil {
		return nil, err
	}
	z, err := odb.NewDeflater()
	if err != nil {
		return nil, errors.Join(err, pack.Discard())
	}
	return &importer{
		repo: r, fill: fill, progress: progress, deflater: z, pack: pack,
		packed: map[string]bool{}, files: map[string]*importedFile{}, folders: map[string][]string{"": nil},
		newest: time.Unix(0, 0),
	}, nil
}

// put adds an object to the pack, unless it is there.
func (im *importer) put(typ plumbing.ObjectType, data []byte, z *zlib.Writer) ([]byte, error) {
	id := im.repo.Format.Sum(typ, data)
	im.mu.Lock()
	known := im.packed[string(id)]
	im.packed[string(id)] = true
	im.mu.Unlock()
	if known {
		return id, nil
	}
	packed, err := odb.DeflateObject(typ, data, z)
	if err != nil {
		return nil, err
	}
	im.mu.Lock()
	defer im.mu.Unlock()
	return id, im.pack.Add(id, packed)
}

// A tarFile is a file of the archive on its way to a worker.
type tarFile struct {
	name string
	mode filemode.FileMode
	data []byte
	file *importedFile
}

// readTar imports all entries. It refuses what no source archive holds: paths that leave it or name
// .git, paths through symlinks or twice the same, devices, and more than fits the bounds.
func (im *importer) readTar(ctx context.Context, stream io.Reader) error {
	group, ctx := errgroup.WithContext(ctx)
	work := make(chan []tarFile, 4)
	for range runtime.GOMAXPROCS(0) {
		group.Go(func() error { return im.work(ctx, work) })
	}
	group.Go(func() error {
		defer close(work)
		return im.feed(ctx, tar.NewReader(stream), work)
	})
	return group.Wait()
}

// feed reads the tar and sends its files in batches.
func (im *importer) feed(ctx context.Context, in *tar.Reader, work chan<- []tarFile) error {
	var batch []tarFile
	var size, total int64
	flush := func() error {
		select {
		case work <- batch:
			batch, size = nil, 0
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	last := time.Now()
	for {
		head, err := in.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		f, err := im.entry(head, in)
		if err != nil {
			return fmt.Errorf("entry %q: %w", head.Name, err)
		}
		if f == nil {
			continue
		}
		batch = append(batch, *f)
		size += int64(len(f.data))
		total += int64(len(f.data))
		if total > maxArchiveBytes || len(im.files) > tree.MaxFiles {
			return fmt.Errorf("more than %d bytes or %d files: too large", int64(maxArchiveBytes), tree.MaxFiles)
		}
		if size > 1<<20 || len(batch) >= 256 {
			if err := flush(); err != nil {
				return err
			}
		}
		if im.progress != nil && time.Since(last) > time.Second {
			last = time.Now()
			fmt.Fprintf(im.progress, "importing: %d files, %d MB\n", len(im.files), total>>20)
		}
	}
	if len(im.files) == 0 {
		return errors.New("it holds no files")
	}
	// The rest of the stream is padding; reading it lets the decompressor end by itself.
	return flush()
}

// entry checks one entry and reads its content; nil means that there is nothing to store.
func (im *importer) entry(head *tar.Header, in io.Reader) (*tarFile, error) {
	if head.Typeflag == tar.TypeXGlobalHeader {
		return nil, nil
	}
	name, err := im.pathOf(head.Name)
	if err != nil {
		return nil, err
	}
	if head.Typeflag == tar.TypeDir {
		return nil, im.addFolder(name)
	}
	if name == "" {
		return nil, errors.New("a file beside the top folder")
	}
	f := &tarFile{name: name, mode: filemode.Regular}
	if head.Mode&0o100 != 0 {
		f.mode = filemode.Executable
	}
	switch head.Typeflag {
	case tar.TypeReg:
		if head.Size > maxArchiveFile {
			return nil, fmt.Errorf("%d bytes: too large", head.Size)
		}
		f.data = make([]byte, head.Size)
		if _, err := io.ReadFull(in, f.data); err != nil {
			return nil, err
		}
	case tar.TypeSymlink:
		f.mode, f.data = filemode.Symlink, []byte(head.Linkname)
		if head.Linkname == "" || strings.ContainsRune(head.Linkname, 0) {
			return nil, errors.New("a symlink to nowhere")
		}
	default:
		return nil, fmt.Errorf("neither file, folder nor symlink (type %q)", head.Typeflag)
	}
	if head.ModTime.After(im.newest) {
		im.newest = head.ModTime
	}
	f.file = &importedFile{mode: f.mode}
	return f, im.addFile(name, f.file)
}

// pathOf returns the path below the archive's one top folder, "" for that folder itself.
func (im *importer) pathOf(name string) (string, error) {
	clean := strings.TrimSuffix(strings.TrimPrefix(name, "./"), "/")
	if clean == "" || clean == "." {
		return "", nil
	}
	if err := tree.CheckPath(clean); err != nil {
		return "", err
	}
	top, below, _ := strings.Cut(clean, "/")
	if im.top == "" {
		im.top = top
	}
	if top != im.top {
		return "", fmt.Errorf("%w: a second top folder beside %s", tree.ErrPath, im.top)
	}
	return below, nil
}

func (im *importer) addFolder(name string) error {
	if _, ok := im.folders[name]; ok || name == "" {
		return nil
	}
	if _, ok := im.files[name]; ok {
		return fmt.Errorf("%w: it was a file before", tree.ErrPath)
	}
	dir := odb.FolderOf(name)
	if err := im.addFolder(dir); err != nil {
		return err
	}
	im.folders[name] = nil
	im.folders[dir] = append(im.folders[dir], path.Base(name))
	if im.fill {
		return os.Mkdir(im.full(name), 0o777)
	}
	return nil
}

func (im *importer) addFile(name string, f *importedFile) error {
	dir := odb.FolderOf(name)
	if err := im.addFolder(dir); err != nil {
		return err
	}
	_, isFolder := im.folders[name]
	if _, ok := im.files[name]; ok || isFolder {
		return fmt.Errorf("%w: it comes twice", tree.ErrPath)
	}
	im.files[name] = f
	im.folders[dir] = append(im.folders[dir], path.Base(name))
	return nil
}

func (im *importer) full(name string) string {
	return filepath.Join(im.repo.Worktree, filepath.FromSlash(name))
}

func (im *importer) work(ctx context.Context, work <-chan []tarFile) error {
	z, err := odb.NewDeflater()
	if err != nil {
		return err
	}
	for batch := range work {
		for i := range batch {
			if err := ctx.Err(); err != nil {
				return err
			}
			if err := im.store(&batch[i], z); err != nil {
				return fmt.Errorf("%s: %w", batch[i].name, err)
			}
		}
	}
	return nil
}

// store puts one file into the pack and the worktree.
func (im *importer) store(f *tarFile, z *zlib.Writer) error {
	id, err := im.put(plumbing.BlobObject, f.data, z)
	if err != nil {
		return err
	}
	f.file.id = id
	if !im.fill {
		return nil
	}
	f.file.stat, err = tree.CreateEntry(im.full(f.name), f.mode, f.data)
	return err
}

// buildTree makes the tree of a folder, and those below it; nil where no file is in it.
func (im *importer) buildTree(dir string) ([]byte, error) {
	var entries []odb.TreeEntry
	at := len(im.trees)
	im.trees = append(im.trees, index.CachedTree{Name: path.Base(dir)})
	for _, base := range im.folders[dir] {
		name := path.Join(dir, base)
		if f, ok := im.files[name]; ok {
			entries = append(entries, odb.TreeEntry{Name: base, Mode: f.mode, ID: f.id})
			im.trees[at].Entries++
			continue
		}
		next := len(im.trees)
		id, err := im.buildTree(name)
		if err != nil {
			return nil, err
		}
		if id != nil {
			entries = append(entries, odb.TreeEntry{Name: base, Mode: filemode.Dir, ID: id})
			im.trees[at].Entries += im.trees[next].Entries
			im.trees[at].Subtrees++
		}
	}
	if len(entries) == 0 && dir != "" {
		im.trees = im.trees[:at]
		return nil, nil
	}
	slices.SortFunc(entries, func(a, b odb.TreeEntry) int { return strings.Compare(a.Key(), b.Key()) })
	id, err := im.put(plumbing.TreeObject, odb.EncodeTree(entries), im.deflater)
	im.trees[at].ID = id
	return id, err
}

// writeIndex writes the index of the files that were laid out.
func (im *importer) writeIndex() error {
	w := index.NewWriter(im.repo.Format)
	for _, name := range slices.Sorted(maps.Keys(im.files)) {
		f := im.files[name]
		w.Add(&index.Entry{Name: name, Mode: f.mode, ID: f.id, Stat: f.stat})
	}
	im.trees[0].Name = ""
	return os.WriteFile(im.repo.IndexPath(), w.Finish(im.trees), 0o666)
}
