//! The bodies that pass the wire: whole, streamed by whoever asks for the next piece, or cut short. Nothing is
//! queued: a piece is made when the reader has taken the one before.

use bytes::Bytes;
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full};
use hyper::body::{Body as HttpBody, Frame, SizeHint};
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

/// Anything that can go wrong while a body is read.
pub type BodyError = Box<dyn std::error::Error + Send + Sync>;

/// The body of an answer.
pub type Body = UnsyncBoxBody<Bytes, BodyError>;

/// A body that is all there.
pub fn whole(bytes: impl Into<Bytes>) -> Body {
    Full::new(bytes.into()).map_err(|never| match never {}).boxed_unsync()
}

/// A body whose pieces `next` makes one after another; it ends where `next` gives `None`. `next` is asked only when
/// the reader has taken the piece before, and is dropped with the body.
pub fn streamed<S, F, N>(state: S, next: N) -> Body
where
    S: Send + 'static,
    F: Future<Output = Option<(Bytes, S)>> + Send + 'static,
    N: FnMut(S) -> F + Send + 'static,
{
    Streamed { idle: Some(Box::new(state)), making: None, next: Box::new(next) }.boxed_unsync()
}

struct Streamed<S, F, N> {
    idle: Option<Box<S>>,
    making: Option<Pin<Box<F>>>,
    next: Box<N>,
}

impl<S, F, N> HttpBody for Streamed<S, F, N>
where
    F: Future<Output = Option<(Bytes, S)>>,
    N: FnMut(S) -> F,
{
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        if let Some(state) = self.idle.take() {
            self.making = Some(Box::pin((self.next)(*state)));
        }
        let Some(making) = self.making.as_mut() else { return Poll::Ready(None) };
        match making.as_mut().poll(cx) {
            Poll::Pending => Poll::Pending,
            Poll::Ready(made) => {
                self.making = None;
                Poll::Ready(made.map(|(bytes, state)| {
                    self.idle = Some(Box::new(state));
                    Ok(Frame::data(bytes))
                }))
            }
        }
    }
}

/// A body that holds `guard` until the last of it is taken, or nobody wants it any more.
pub(super) fn guarded<G: Send + Unpin + 'static>(body: Body, guard: G) -> Body {
    Guarded { inner: body, _guard: guard }.boxed_unsync()
}

struct Guarded<G> {
    inner: Body,
    _guard: G,
}

impl<G: Unpin> HttpBody for Guarded<G> {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        Pin::new(&mut self.inner).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

/// A body of lines that ends after its first line, as when a proxy gives up on a watch.
pub(super) fn first_line(body: Body) -> Body {
    FirstLine { inner: Some(body) }.boxed_unsync()
}

struct FirstLine {
    inner: Option<Body>,
}

impl HttpBody for FirstLine {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let Some(inner) = self.inner.as_mut() else { return Poll::Ready(None) };
        let Poll::Ready(frame) = Pin::new(inner).poll_frame(cx) else { return Poll::Pending };
        Poll::Ready(frame.map(|frame| {
            frame.map(|frame| match frame.into_data() {
                Ok(mut bytes) => {
                    if let Some(end) = bytes.iter().position(|byte| *byte == b'\n') {
                        bytes.truncate(end + 1);
                        self.inner = None;
                    }
                    Frame::data(bytes)
                }
                Err(other) => other,
            })
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counting(to: u32) -> Body {
        streamed(0, move |at| async move {
            (at < to).then(|| (Bytes::from(format!("line {at}\nline {at}b\n")), at + 1))
        })
    }

    async fn text(body: Body) -> String {
        let bytes = body.collect().await.expect("these bodies do not fail").to_bytes();
        String::from_utf8(bytes.to_vec()).expect("text")
    }

    #[tokio::test]
    async fn a_streamed_body_ends_when_its_maker_does() {
        assert_eq!(text(counting(2)).await, "line 0\nline 0b\nline 1\nline 1b\n");
    }

    #[tokio::test]
    async fn a_cut_body_ends_after_one_line_even_inside_a_piece() {
        assert_eq!(text(first_line(counting(2))).await, "line 0\n");
    }
}
