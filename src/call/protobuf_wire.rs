//! The wire format of Protocol Buffers: numbered fields out of bytes. Knows no message.

/// Why bytes are not a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WireError {
    /// The bytes end inside a field.
    #[error("unexpected EOF")]
    Truncated,
    /// A number is longer than 64 bits.
    #[error("proto: integer overflow")]
    Overflow,
    /// A field number of zero, or a wire type that is not in use.
    #[error("proto: illegal tag or wire type {0}")]
    Illegal(u64),
    /// A field holds another wire type than its message says.
    #[error("proto: wrong wire type for field {0}")]
    WireType(u32),
    /// Messages are nested deeper, or are more, than any object of Kubernetes needs.
    #[error("the message is nested too deeply or has too many parts")]
    TooLarge,
}

/// The value of one field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Payload<'a> {
    /// A number in as few bytes as it needs.
    Varint(u64),
    /// Text, bytes, or a message.
    Bytes(&'a [u8]),
    /// A number of fixed width; no message of Kubernetes has one.
    Fixed,
}

/// The fields of a message, in the order of the bytes.
pub(super) struct Fields<'a> {
    rest: &'a [u8],
}

impl<'a> Fields<'a> {
    pub(super) fn of(bytes: &'a [u8]) -> Fields<'a> {
        Fields { rest: bytes }
    }

    fn varint(&mut self) -> Result<u64, WireError> {
        let mut value = 0_u64;
        for shift in (0..70).step_by(7) {
            let (&byte, rest) = self.rest.split_first().ok_or(WireError::Truncated)?;
            self.rest = rest;
            if shift == 63 && byte > 1 {
                return Err(WireError::Overflow);
            }
            value |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(WireError::Overflow)
    }

    fn take(&mut self, count: u64) -> Result<&'a [u8], WireError> {
        let count = usize::try_from(count).map_err(|_| WireError::Truncated)?;
        let (taken, rest) = self.rest.split_at_checked(count).ok_or(WireError::Truncated)?;
        self.rest = rest;
        Ok(taken)
    }

    fn field(&mut self) -> Result<(u32, Payload<'a>), WireError> {
        let tag = self.varint()?;
        let number = u32::try_from(tag >> 3).map_err(|_| WireError::Illegal(tag))?;
        if number == 0 {
            return Err(WireError::Illegal(tag));
        }
        let payload = match tag & 7 {
            0 => Payload::Varint(self.varint()?),
            1 => self.take(8).map(|_| Payload::Fixed)?,
            2 => {
                let length = self.varint()?;
                Payload::Bytes(self.take(length)?)
            }
            5 => self.take(4).map(|_| Payload::Fixed)?,
            _ => return Err(WireError::Illegal(tag)),
        };
        Ok((number, payload))
    }
}

impl<'a> Iterator for Fields<'a> {
    type Item = Result<(u32, Payload<'a>), WireError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        let field = self.field();
        if field.is_err() {
            self.rest = &[];
        }
        Some(field)
    }
}

/// All varints of a packed list.
pub(super) fn packed(bytes: &[u8]) -> Result<Vec<u64>, WireError> {
    let mut fields = Fields::of(bytes);
    let mut numbers = Vec::new();
    while !fields.rest.is_empty() {
        numbers.push(fields.varint()?);
    }
    Ok(numbers)
}
