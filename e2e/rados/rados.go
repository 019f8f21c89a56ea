// Package rados runs a real S3 server for tests: Ceph's gateway (Debian's radosgw) over one monitor and one store that keeps its objects in memory.
// It is up in some two seconds. Front stands before it and does to requests what networks and operators of stores do. It knows nothing of Quorate.
package rados

import (
	"bytes"
	"context"
	"crypto/rand"
	_ "embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"text/template"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/quorate/quorate/e2e/kit"
)

// ErrAbsent says that the programs are not installed.
var ErrAbsent = errors.New("ceph-mon, ceph-osd or radosgw is not installed: make clients")

const region = "default"

//go:embed ceph.conf
var config string

// Server is a running S3 server with one user. Stop ends it; nothing of it remains but the files in its directory.
type Server struct {
	Host, Key, Secret string // of the gateway, as host:port; of the user

	dir       string
	processes []*kit.Process
}

// Start begins one in a directory, on two free ports of a host of this machine (one for each role), and waits until it answers. settings are
// further lines of the gateway's configuration.
func Start(ctx context.Context, dir, monitor, gateway string, settings ...string) (*Server, error) {
	for _, program := range []string{"monmaptool", "ceph", "ceph-mon", "ceph-osd", "radosgw", "radosgw-admin"} {
		if _, err := exec.LookPath(program); err != nil {
			return nil, fmt.Errorf("%w (%w)", ErrAbsent, err)
		}
	}
	s := &Server{Host: gateway, Key: random(10), Secret: random(20), dir: dir}
	cluster, store := uuid(), uuid()
	var text bytes.Buffer
	host, _, _ := strings.Cut(monitor, ":")
	fill := map[string]string{"Dir": dir, "Cluster": cluster, "Host": host, "Monitor": monitor, "Gateway": gateway}
	if err := template.Must(template.New("").Parse(config)).Execute(&text, fill); err != nil {
		return nil, err
	}
	text.WriteString(strings.Join(settings, "\n") + "\n")
	for _, sub := range []string{"mon", "osd", "rgw"} {
		if err := os.MkdirAll(filepath.Join(dir, sub), 0o700); err != nil {
			return nil, err
		}
	}
	if err := os.WriteFile(s.file("ceph.conf"), text.Bytes(), 0o600); err != nil {
		return nil, err
	}
	steps := []func() error{
		s.run(ctx, "monmaptool", "--create", "--clobber", "--fsid", cluster, "--addv", "a", "[v2:"+monitor+"]", s.file("monmap")),
		s.run(ctx, "ceph-mon", "--mkfs", "-i", "a", "--monmap", s.file("monmap")),
		s.begin("ceph-mon", "-f", "-i", "a"),
		s.run(ctx, "ceph", "osd", "new", store, "0"),
		s.run(ctx, "ceph-osd", "--mkfs", "-i", "0", "--osd-uuid", store),
		s.begin("ceph-osd", "-f", "-i", "0"),
		s.run(ctx, "radosgw-admin", "--name", "client.rgw", "user", "create", "--uid", "quorate", "--display-name", "quorate", "--access-key", s.Key, "--secret-key", s.Secret),
		s.begin("radosgw", "-f", "--name", "client.rgw"),
		s.answers,
	}
	for _, step := range steps {
		if err := step(); err != nil {
			s.Stop()
			return nil, err
		}
	}
	return s, nil
}

func (s *Server) file(name string) string { return filepath.Join(s.dir, name) }

func (s *Server) run(ctx context.Context, program string, args ...string) func() error {
	return func() error {
		ctx, cancel := context.WithTimeout(ctx, time.Minute)
		defer cancel()
		cmd := exec.CommandContext(ctx, program, append([]string{"-c", s.file("ceph.conf")}, args...)...)
		if out, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("%s %s: %w: %.400s", program, args[0], err, bytes.ReplaceAll(out, []byte(s.Secret), []byte("…")))
		}
		return nil
	}
}

func (s *Server) begin(program string, args ...string) func() error {
	return func() error {
		p := &kit.Process{Name: program, Log: s.file(program + ".out"), Make: func() (*exec.Cmd, error) {
			return exec.Command(program, append(args, "-c", s.file("ceph.conf"))...), nil
		}}
		s.processes = append(s.processes, p)
		return p.Spawn()
	}
}

func (s *Server) answers() error {
	return kit.Attempt(time.Minute, func() error {
		resp, err := http.Get("http://" + s.Host)
		if err == nil {
			err = resp.Body.Close()
		}
		return err
	})
}

// Stop ends the processes, the gateway first.
func (s *Server) Stop() {
	for i := len(s.processes) - 1; i >= 0; i-- {
		_ = s.processes[i].Kill() // of processes that may have ended
	}
}

// Environment is what a program needs in its environment to use the server.
func (s *Server) Environment() []string {
	return []string{"AWS_ACCESS_KEY_ID=" + s.Key, "AWS_SECRET_ACCESS_KEY=" + s.Secret, "AWS_EC2_METADATA_DISABLED=true"}
}

// Address is a bucket's address, asked through a host ("": the server's own).
func (s *Server) Address(bucket, through string) string {
	if through == "" {
		through = s.Host
	}
	q := url.Values{"endpoint": {"http://" + through}, "region": {region}, "use_path_style": {"true"}}
	return "s3://" + bucket + "?" + q.Encode()
}

// MakeBucket makes a bucket.
func (s *Server) MakeBucket(ctx context.Context, name string) error {
	_, err := s.client().CreateBucket(ctx, &s3.CreateBucketInput{Bucket: aws.String(name)})
	return err
}

func (s *Server) client() *s3.Client {
	return s3.New(s3.Options{
		BaseEndpoint: aws.String("http://" + s.Host), Region: region, UsePathStyle: true,
		Credentials: credentials.NewStaticCredentialsProvider(s.Key, s.Secret, ""),
	})
}

// PutEncrypted stores an object that the gateway encrypts under a key of its key-management service (SSE-KMS).
func (s *Server) PutEncrypted(ctx context.Context, bucket, name, key string, body []byte) error {
	_, err := s.client().PutObject(ctx, &s3.PutObjectInput{
		Bucket: aws.String(bucket), Key: aws.String(name), Body: bytes.NewReader(body), ServerSideEncryption: types.ServerSideEncryptionAwsKms, SSEKMSKeyId: aws.String(key),
	})
	return err
}

// Object gets an object, and the name of the key under which it is encrypted.
func (s *Server) Object(ctx context.Context, bucket, name string) (body []byte, key string, err error) {
	out, err := s.client().GetObject(ctx, &s3.GetObjectInput{Bucket: aws.String(bucket), Key: aws.String(name)})
	if err != nil {
		return nil, "", err
	}
	defer func() { _ = out.Body.Close() }()
	body, err = io.ReadAll(out.Body)
	return body, aws.ToString(out.SSEKMSKeyId), err
}

func random(n int) string {
	b := make([]byte, n)
	_, _ = rand.Read(b) // does not fail
	return hex.EncodeToString(b)
}

func uuid() string {
	h := random(16)
	return strings.Join([]string{h[:8], h[8:12], h[12:16], h[16:20], h[20:]}, "-")
}
