package jar

import (
	"cmp"
	"slices"
	"sync"
	"time"

	"github.com/drawbridge-cors/drawbridge/fetch"
)

// Limits of a jar. What is too many goes in the order of the RFC: expired cookies, then those without Secure, then those that have
// not travelled for longest.
const (
	// MaxPerSite is how many cookies a site has, in each partition.
	MaxPerSite = 180
	// MaxCookies is how many there are altogether.
	MaxCookies = 3000
)

// A Jar keeps the cookies of one user agent. It is safe for concurrent use. Make one with [New].
type Jar struct {
	policy     Policy
	thirdParty ThirdParty
	now        func() time.Time
	observe    func(Decision)

	mu sync.Mutex
	// cookies are kept by registrable domain, so that other sites' cost a request nothing.
	cookies map[string][]*Cookie
	count   int
	order   uint64
	// authentications are in the order in which they came.
	authentications []authentication
}

var _ fetch.Jar = (*Jar)(nil)

// An Option lends a [Jar] something or sets what a user of a browser can set.
type Option func(*Jar)

// New returns an empty jar. Without a clock time stands still, shortly after the epoch: cookies end only if their date says that
// they ended in 1970, as servers do to delete them, or their age is not above zero.
func New(policy Policy, options ...Option) *Jar {
	stopped := time.Unix(1, 0).UTC()
	j := &Jar{
		policy: policy, thirdParty: cmp.Or(policy.ThirdParty, Allow), cookies: map[string][]*Cookie{},
		now: func() time.Time { return stopped },
	}
	for _, o := range options {
		o(j)
	}
	return j
}

// WithClock lends a clock.
func WithClock(now func() time.Time) Option { return func(j *Jar) { j.now = now } }

// WithThirdParty sets what becomes of third-party cookies, instead of what the policy says.
func WithThirdParty(t ThirdParty) Option { return func(j *Jar) { j.thirdParty = t } }

// WithObserver lends a function that is told of every cookie that a request carries or does not, and of every one that a response
// sets or cannot set. It may be called by several goroutines at once, and may use the jar.
func WithObserver(observe func(Decision)) Option { return func(j *Jar) { j.observe = observe } }

// All returns the cookies that have not expired, the oldest first. The slice is the caller's.
func (j *Jar) All() []Cookie {
	j.mu.Lock()
	defer j.mu.Unlock()
	now := j.now()
	var all []Cookie
	for _, cookies := range j.cookies {
		for _, c := range cookies {
			if !c.expired(now) {
				all = append(all, *c)
			}
		}
	}
	slices.SortFunc(all, func(a, b Cookie) int { return cmp.Compare(a.order, b.order) })
	return all
}

// Clear removes all cookies, user names and passwords.
func (j *Jar) Clear() {
	j.mu.Lock()
	defer j.mu.Unlock()
	clear(j.cookies)
	j.count, j.authentications = 0, nil
}

// tell reports decisions, with the jar unlocked.
func (j *Jar) tell(decisions []Decision) {
	if j.observe == nil {
		return
	}
	for _, d := range decisions {
		j.observe(d)
	}
}
